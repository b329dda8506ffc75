# What spotd is shipped as; the Makefile includes this.
NFPM := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0

packages: ## spotd for linux and Windows with deb, rpm, checksums and SBOM, in dist/; twice the same
	@NFPM=$(NFPM) CYCLONEDX=$(CYCLONEDX) VERSION='$(VERSION)' spotd/packaging/package.sh dist

test-systemd: ## spotd under a real systemd in a container, as root; downloads Debian once
	@NFPM=$(NFPM) test/spotd/systemd.sh

.PHONY: packages test-systemd
