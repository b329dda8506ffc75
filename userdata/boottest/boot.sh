#!/bin/bash
# boot.sh boots injected user data with the real cloud-init: Debian in a
# container of systemd-nspawn, over a fresh overlay each time, seeded as NoCloud.
# What is downloaded stays in .cache. Where it cannot run it says why, and is no
# failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=${CLOUDINIT_ROOT:-$PWD/.cache/cloudinit-root}

cannot() {
  echo "test-cloudinit: not run: $*"
  exit 0
}

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || cannot "needs Linux on x86_64"
[ "$(id -u)" = 0 ] || cannot "needs root, for namespaces and cgroups"
command -v systemd-nspawn >/dev/null || cannot "no systemd-nspawn: apt-get install systemd-container"
if [ ! -x "$root/usr/bin/cloud-init" ]; then
  command -v debootstrap >/dev/null || cannot "no debootstrap: apt-get install debootstrap"
  rm -rf "$root"
  mkdir -p "$(dirname "$root")"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,python3-cffi-backend,cloud-init bookworm "$root" >.cache/debootstrap-cloudinit.log 2>&1 ||
    { rm -rf "$root"; cannot "debootstrap failed, see .cache/debootstrap-cloudinit.log: is deb.debian.org reachable?"; }
fi
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
CGO_ENABLED=0 go build -o "$bin/spotd" ./spotd
CLOUDINIT_ROOT=$root CLOUDINIT_SPOTD=$bin/spotd go test -count=1 -v -timeout 15m ./userdata/boottest/
