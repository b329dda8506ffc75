#!/bin/bash
# systemd.sh tests spotd under a real systemd: Debian in a container of
# systemd-nspawn, over a fresh overlay each time. What is downloaded stays in
# .cache. Where it cannot run it says why, and is no failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=${SPOTD_SYSTEMD_ROOT:-$PWD/.cache/systemd-root}

cannot() {
  echo "test-systemd: not run: $*"
  exit 0
}

[ "$(id -u)" = 0 ] || cannot "needs root, for namespaces and cgroups"
command -v systemd-nspawn >/dev/null || cannot "no systemd-nspawn: apt-get install systemd-container"
if [ ! -x "$root/usr/bin/rpm" ]; then # the last that is installed
  rm -rf "$root"
  command -v debootstrap >/dev/null || cannot "no debootstrap: apt-get install debootstrap"
  mkdir -p "$(dirname "$root")"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,rpm bookworm "$root" >.cache/debootstrap.log 2>&1 ||
    { rm -rf "$root"; cannot "debootstrap failed, see .cache/debootstrap.log: is deb.debian.org reachable?"; }
fi
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
for version in v0.0.1-test v0.0.2-test; do
  ONLY=amd64 VERSION=$version spotd/packaging/package.sh "$packages/$version"
done
SPOTD_SYSTEMD_ROOT=$root SPOTD_PACKAGES=$packages go test -count=1 -v -timeout 20m -run "${RUN:-UnderSystemd}" ./test/spotd/
