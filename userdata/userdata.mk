# User data: what needs more than Go; the Makefile includes this.
POWERSHELL_VENV := .cache/powershell-venv
FUZZTIME ?= 15m

test-cloudinit: ## injected user data booted by the real cloud-init in a container, as root; downloads Debian once
	@userdata/boottest/boot.sh

test-powershell: ## parse the PowerShell bootstrap with the tree-sitter grammar
	@test -x $(POWERSHELL_VENV)/bin/python || python3 -m venv $(POWERSHELL_VENV)
	@$(POWERSHELL_VENV)/bin/pip install -q tree-sitter==0.26.1 tree-sitter-powershell==0.26.4
	POWERSHELL_PYTHON=$(CURDIR)/$(POWERSHELL_VENV)/bin/python go test -count=1 -v -run PowerShell ./userdata

fuzz-userdata: ## fuzz Inject, Remove and Show, FUZZTIME each
	@set -e; for f in FuzzInject FuzzRemove FuzzShow; do \
	  go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x -parallel=1 ./userdata; done

.PHONY: test-cloudinit test-powershell fuzz-userdata
