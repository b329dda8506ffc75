#!/bin/sh
# deb calls with "remove" or "upgrade", rpm with the number of versions left.
# An upgrade keeps the service and restarts it when the new program is in place.
set -e
case "$1" in
  remove | 0)
    # The unit of "spotd install" goes before the package's. One that runs another
    # program is not ours.
    unit=/etc/systemd/system/spotd.service
    if [ -e $unit ]; then
      grep -q '^ExecStart="/usr/bin/spotd"' $unit || exit 0
      spotd uninstall
    fi
    if [ -d /run/systemd/system ]; then
      systemctl --quiet disable --now spotd.service spotd-handlers.path spotd-drain.path
      systemctl stop spotd-handlers.service spotd-drain.service
    fi
    ;;
esac
