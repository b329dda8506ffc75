#!/bin/bash
# packages.sh builds the packages twice, in two places, and has the test look at
# both. It installs nothing: what is missing it names, and the test does without.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in lintian rpmlint; do
  command -v $tool >/dev/null || echo "test-packages: no $tool, its check is left out: apt-get install $tool"
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export VERSION=${VERSION:-v0.0.1-test}
# Both from copies, so that nobody edits between the two: other paths, and other times on the files.
for copy in one two; do
  git clone -q --local . "$scratch/$copy-tree"
  git ls-files -co --exclude-standard -z | tar --null --files-from=- -cf - 2>/dev/null | tar -xmf - -C "$scratch/$copy-tree"
done
for copy in one two; do
  "$scratch/$copy-tree/spotd/packaging/package.sh" "$scratch/$copy" >/dev/null
done
SPOTD_PACKAGES=$scratch/one SPOTD_PACKAGES_AGAIN=$scratch/two go test -count=1 -v -run '^TestPackages$' ./test/spotd/
