# make help lists what can be done here. Nothing but Go, make and Python 3 needs to be installed by hand.
SHELL := /bin/bash
# Without lambda.norpc the Lambda library's RPC mode keeps every method of the SDK in the binary: 52 MB instead of 16.
export GOFLAGS := -trimpath -tags=lambda.norpc
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
VENV := .cache/venv

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

build: bin/coordinator bin/spotd bin/spotctl bin/deploy ## build bin/coordinator, bin/spotd and bin/spotctl (bin/deploy is its old name)

SOURCES := $(shell git ls-files -co --exclude-standard '*.go' 'go.*' 'coordinator/**' 'userdata/**' 'pkg/**' 'deploy/**' 2>/dev/null)
bin/spotctl: MAIN := ./deploy
bin/deploy: MAIN := ./deploy/alias
bin/coordinator bin/spotd bin/spotctl bin/deploy: bin/%: $(SOURCES)
	@mkdir -p bin
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $@ $(or $(MAIN),./$*)

package: bin/spotctl ## the function and spotd as they are installed, in dist/, the same bytes each time
	@bin/spotctl package
package-coordinator package-spotd: package-%: bin/spotctl ## one of the two
	@bin/spotctl package $(if $(filter coordinator,$*),function,$*)

upload: bin/spotctl ## put them into the artefact bucket (ARGS='--region … --profile …')
	@bin/spotctl upload $(ARGS)

release: bin/spotctl ## everything into the bucket, and the channel to it, signed with SIGNING_KEY (ARGS='--bucket …'); refused for what is not committed
	@$(MAKE) --no-print-directory release-packages
	@bin/spotctl release $(ARGS)

# What lies in dist/packages/VERSION when a version is released is part of it.
release-packages:
	@NFPM=$(NFPM) CYCLONEDX=$(CYCLONEDX) VERSION='$(VERSION)' spotd/packaging/package.sh dist/packages/$(VERSION) >&2

deploy: bin/spotctl ## install, or update what is installed (ARGS)
	@bin/spotctl up $(ARGS)

demo: bin/spotctl bin/spotd ## a swap and an interruption on the simulated cloud, with the real spotd
	@bin/spotctl demo $(ARGS)

test: build emulator ## every test, once with the race detector where goroutines meet
	go test $$(go list ./... | grep -v /test/)
	go test -count=1 ./test/...
	go test -race $(RACE)

# The suites under test/ build the programs themselves, which the cache of test results knows nothing of. Raced is
# everything that starts goroutines; the packages that only wrap the EC2 client cost a cold race build of it and have none.
RACE := ./spotd/... ./pkg/message/... ./coordinator/identity/... ./coordinator/decide/... ./coordinator/market/... ./coordinator/metrics/... ./userdata/...

sim: ## seeds of the simulation: SEEDS=N SEED=S SCENARIO=NAME MUTANT=NAME
	@go run ./test/sim/run $(if $(SEEDS),-seeds $(SEEDS)) $(if $(SEED),-seed $(SEED)) $(if $(SCENARIO),-scenario $(SCENARIO)) $(if $(MUTANT),-mutant $(MUTANT))

systematic: ## a crash at every call, every message lost, doubled and overtaken, two at once at every call
	SIM_EVERY=1 go test -count=1 -timeout 60m -run "^TestEveryCallAndEveryMessageMayGoWrong$$" ./test/sim

mutants: ## every deliberate mistake must be caught within SEEDS seeds, 200 by default
	@go run ./test/sim/run -mutants -seeds $(or $(SEEDS),200) -seed $(or $(SEED),1)

mutation: ## small mistakes in the rules, and how many a package's own tests notice: PKGS='coordinator/market …' SAMPLE=N SEED=S MIN=PACKAGE=PERCENT
	@go run ./test/mutation $(if $(SAMPLE),-sample $(SAMPLE)) $(if $(SEED),-seed $(SEED)) $(if $(MIN),-min $(MIN)) $(PKGS)

emulator: ## the independent emulator in a virtual environment, pinned
	@test/emulator-venv $(VENV)

emulator-mutants: emulator ## one wrong request after the other; fails where the emulator suite notices nothing
	cd test/emulator && EMULATOR_MUTANTS=1 CI=true go test -count=1 -timeout 20m -run '^TestAMistakeInARequestIsNoticed$$'

lint: ## formatting, vet, staticcheck, known vulnerabilities, and the CloudFormation templates
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@.ci/vulnerabilities
	@deploy/cfn-lint .cache/cfn-lint -r ALL_REGIONS -- deploy/stack/*.yaml

install-check: ## checkov over the templates and the Terraform module, and Terraform's own checks; says what it skips
	@deploy/install-check .cache

terraform-schema: ## what the module is held against, of the provider as TF_SCHEMA_PACKAGE has it (37 MB by npm)
	@rm -rf .cache/cdktf && mkdir -p .cache/cdktf && npm pack --silent --pack-destination .cache/cdktf $(TF_SCHEMA_PACKAGE)
	@tar -xzf .cache/cdktf/*.tgz -C .cache/cdktf
	@python3 deploy/terraform/schema/renew.py .cache/cdktf/package deploy/terraform deploy/terraform/examples/* >.cache/cdktf/schema.json
	@mv .cache/cdktf/schema.json deploy/terraform/schema/schema.json

TF_SCHEMA_PACKAGE := @cdktf/provider-aws@21.22.1

include spotd/packaging/spotd.mk
include userdata/userdata.mk
include test/census/census.mk

bench: ## speed, size and memory, side by side, and the table of docs/measured.md again (long: make measured ARGS=… is a part)
	go test -run '^$$' -bench . -benchtime 200ms ./coordinator/market/ ./coordinator/decide/ ./coordinator/ledger/ ./pkg/snapshot/ ./test/sim/
	go test -run '^$$' -bench Zips -benchtime 1x -timeout 30m ./deploy/artifact/
	go test -run '^$$' -bench FirstPoll -benchtime 1x ./test/bootstrap/
	go test -run '^$$' -bench Budgets -v -timeout 20m ./test/spotd/
	@if [ -d "$(MARKET)" ]; then $(MAKE) --no-print-directory measured; else echo "SKIPPED: the table of docs/measured.md: no market files in $(MARKET) (MARKET=DIR names them)"; fi

measured: build ## the table of docs/measured.md again, on the market's files (MARKET=DIR, ARGS='-sizes 20 …')
	go run ./test/measured -market $(MARKET) $(ARGS)

MARKET ?= ../shared/market

clean: ## what was built
	rm -rf bin dist .cache

.PHONY: help build package package-coordinator package-spotd upload release release-packages deploy demo test sim systematic mutants mutation emulator emulator-mutants lint install-check terraform-schema bench measured clean
