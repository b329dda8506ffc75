# The census of real groups; the Makefile includes this. The census itself is no part of this repository: CENSUS names its groups.csv.
CENSUS_HARM ?= 0
CENSUS_SERVED ?= 38
CENSUS_STEP ?= 60

census: ## real groups on the simulated cloud: who is served, refused, harmed; fails below the thresholds (CENSUS=groups.csv SEED=N ARGS='-csv FILE -only TEXT …')
ifeq ($(wildcard $(CENSUS)),)
	@echo "census: SKIPPED, nothing was played: $(if $(CENSUS),there is no file $(CENSUS),CENSUS=groups.csv names no census)" >&2
else
	@go run ./test/census/run -rows '$(CENSUS)' $(if $(SEED),-seed $(SEED)) -max-harms $(CENSUS_HARM) -min-served $(CENSUS_SERVED) -min-step $(CENSUS_STEP) $(ARGS)
endif

.PHONY: census
