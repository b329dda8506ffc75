#!/bin/bash
# package.sh DIR builds everything that spotd is shipped as. Same commit, same
# toolchain: same bytes. Times are the commit's, paths are trimmed.
#   ONLY=amd64   just that deb and rpm, for the test under systemd
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?directory}
only=${ONLY:-}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}
# A package version begins with a digit; a bare commit is not one.
package_version=${version#v}
[[ $package_version == [0-9]*.* ]] || package_version=0.0.0+$version
package_version=${package_version//-/\~}
# The last commit that touched what is shipped.
export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct -- spotd pkg/message pkg/channel docs/spotd.md LICENSE go.mod)
mtime=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
export CGO_ENABLED=0
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The flags of deploy/artifact: the program in the packages is the one that instances download, byte for byte.
build() { # OS ARCH FILE
  GOOS=$1 GOARCH=$2 GOFLAGS= GOAMD64=v1 go build -trimpath -buildvcs=false -tags=lambda.norpc -ldflags "-s -w -X main.version=$version" -o "$out/$3" ./spotd
}

cat >"$scratch/changelog" <<C
- semver: $package_version
  date: $mtime
  packager: AutoSpotting maintainers <maintainers@users.noreply.github.com>
  deb: {urgency: medium, distributions: [stable]}
  changes: [{note: Version $version. The notes of the release say what is new.}]
C
package() { # FORMAT ARCH; nfpm itself expands variables in some fields only
  sed -e "s|@ARCH@|$2|; s|@VERSION@|$package_version|; s|@BINARY@|$out/spotd-linux-$2|; s|@MTIME@|$mtime|; s|@CHANGELOG@|$scratch/changelog|" \
    spotd/packaging/nfpm.yaml >"$scratch/nfpm"
  go run "$NFPM" package --config "$scratch/nfpm" --packager "$1" --target "$out/spotd-$2.$1" >/dev/null
}

for arch in ${only:-amd64 arm64}; do
  build linux $arch spotd-linux-$arch
  package deb $arch
  package rpm $arch
done
[ -z "$only" ] || exit 0
build windows amd64 spotd-windows-amd64.exe
for f in spotd-linux-amd64 spotd-linux-arm64 spotd-windows-amd64.exe; do
  # The serial number and the time would differ each time.
  go run "$CYCLONEDX" bin -json -noserial -version "$version" -output "$out/$f.cdx.json" "$out/$f" 2>/dev/null
  python3 - "$out/$f.cdx.json" "$mtime" <<'P'
import json, sys
path, when = sys.argv[1:]
bom = json.load(open(path))
bom["metadata"]["timestamp"] = when
json.dump(bom, open(path, "w"), indent=1, sort_keys=True)
P
done
spotd/packaging/provenance.py "$version" "$(git rev-parse HEAD)" "$mtime" "$(go env GOVERSION)" "$out"/spotd-{amd64,arm64}.{deb,rpm} \
  "$out"/spotd-{linux-amd64,linux-arm64,windows-amd64.exe}{,.cdx.json} >"$scratch/provenance"
mv "$scratch/provenance" "$out/spotd.provenance.json"
(cd "$out" && sha256sum spotd-* spotd.provenance.json >SHA256SUMS)
cat "$out/SHA256SUMS"
