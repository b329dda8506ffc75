# User data: what needs more than Go; the Makefile includes this.
FUZZTIME ?= 15m

test-cloudinit: ## injected user data booted by the real cloud-init in a container, as root; downloads Debian once
	@userdata/boottest/boot.sh

fuzz-userdata: ## fuzz Inject, Remove, Show and Recognise, FUZZTIME each
	@set -e; for f in FuzzInject FuzzRemove FuzzShow; do \
	  go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x -parallel=1 ./userdata; done
	@go test -run '^$$' -fuzz '^FuzzRecognise$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 1x -parallel=1 ./userdata/needs

.PHONY: test-cloudinit fuzz-userdata
