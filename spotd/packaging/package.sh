#!/bin/bash
# package.sh DIR builds everything that spotd is shipped as. Same commit, same
# toolchain: same bytes. Times are the commit's, paths are trimmed.
#   ONLY=deb-amd64   just that one, for the test under systemd
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?directory}
only=${ONLY:-}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}
# A package version begins with a digit; a bare commit is not one.
package_version=${version#v}
[[ $package_version == [0-9]*.* ]] || package_version=0.0.0+$version
# The last commit that touched what is shipped.
export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct -- spotd pkg/message docs/spotd.md LICENSE go.mod)
mtime=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
export CGO_ENABLED=0
mkdir -p "$out"

build() { # OS ARCH FILE
  GOOS=$1 GOARCH=$2 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$version" -o "$out/$3" ./spotd
}

package() { # FORMAT ARCH; nfpm itself expands variables in some fields only
  local config
  config=$(mktemp)
  sed -e "s|@ARCH@|$2|; s|@VERSION@|${package_version//-/\~}|; s|@BINARY@|$out/spotd-linux-$2|; s|@MTIME@|$mtime|" \
    spotd/packaging/nfpm.yaml >"$config"
  go run "$NFPM" package --config "$config" --packager "$1" --target "$out/spotd-$2.$1" >/dev/null
  rm "$config"
}

if [ "$only" = deb-amd64 ]; then
  build linux amd64 spotd-linux-amd64
  package deb amd64
  exit
fi
for arch in amd64 arm64; do
  build linux $arch spotd-linux-$arch
  package deb $arch
  package rpm $arch
done
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
(cd "$out" && sha256sum spotd-* >SHA256SUMS)
cat "$out/SHA256SUMS"
