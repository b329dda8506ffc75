# The census of real groups; the Makefile includes this.
CENSUS_HARM ?= 0
CENSUS_SERVED ?= 38
CENSUS_STEP ?= 60

census: ## real groups on the simulated cloud: who is served, refused, harmed; fails below the thresholds (SEED=N ARGS='-csv FILE -only TEXT …')
	@go run ./test/census/run $(if $(SEED),-seed $(SEED)) -max-harms $(CENSUS_HARM) -min-served $(CENSUS_SERVED) -min-step $(CENSUS_STEP) $(ARGS)

.PHONY: census
