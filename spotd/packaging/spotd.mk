# What spotd is shipped as; the Makefile includes this.
NFPM := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0

packages: ## spotd for linux and Windows with deb, rpm, checksums, SBOM and provenance, in dist/
	@NFPM=$(NFPM) CYCLONEDX=$(CYCLONEDX) VERSION='$(VERSION)' spotd/packaging/package.sh dist

test-packages: ## the packages are built twice to the same bytes; lintian and rpmlint where they are installed
	@NFPM=$(NFPM) CYCLONEDX=$(CYCLONEDX) test/spotd/packages.sh

test-systemd: ## spotd under a real systemd in a container, as root; downloads Debian once
	@NFPM=$(NFPM) CYCLONEDX=- test/spotd/systemd.sh

.PHONY: packages test-packages test-systemd
