#!/bin/sh
# deb calls with "configure" and the version before, rpm with the number of
# versions installed. A new installation starts nothing: there are no settings yet.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
case "$1:$2" in
  configure:?* | [2-9]:*)
    # A notice is no time for a restart: the old program stays until the instance goes.
    grep -q '"leaving":true' /run/spotd/status.json 2>/dev/null || systemctl try-restart spotd.service
    ;;
esac
