#!/bin/sh
# deb calls with "remove" or "upgrade", rpm with the number of versions left.
# An upgrade keeps the service; what runs is the old version until a restart.
case "$1" in
  remove | 0) /usr/bin/spotd uninstall || : ;;
esac
exit 0
