#!/bin/sh
# deb calls with "remove", "purge" or "upgrade", rpm with the number of versions left.
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
case "$1" in
  purge | 0)
    [ ! -e /etc/systemd/system/spotd.service ] || exit 0 # another program's
    rm -rf /var/lib/private/spotd /var/lib/spotd
    ;;
esac
