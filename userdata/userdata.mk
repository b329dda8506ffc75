# User data: what needs more than Go; the Makefile includes this.
FUZZTIME ?= 15m

test-cloudinit: ## injected user data booted by the real cloud-init in a container, as root; downloads Debian once
	@userdata/boottest/boot.sh

fuzz-userdata: ## fuzz Inject, Remove and Show, FUZZTIME each
	@set -e; for f in FuzzInject FuzzRemove FuzzShow; do \
	  go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x -parallel=1 ./userdata; done

.PHONY: test-cloudinit fuzz-userdata
