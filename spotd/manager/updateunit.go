package manager

import (
	"fmt"
	"path/filepath"
	"time"

	"autospotting/spotd/update"
)

// updateUnits are the units that update the program, each by the name of its file.
// The daemon has no rights to do so. The path unit starts a run anew that was killed
// in the middle, also over a reboot: as long as the file is there.
func updateUnits(path string, args []string, every time.Duration) map[string]string {
	return map[string]string{
		"spotd-update.timer": `[Unit]
Description=Looks at the channel of spotd now and then
PartOf=spotd.service

[Timer]
OnActiveSec=5min
OnUnitInactiveSec=` + fmt.Sprint(int(every.Seconds())) + `
RandomizedDelaySec=` + fmt.Sprint(int(every.Seconds()/4)) + `
Unit=spotd-update.service
`,
		"spotd-update.path": `[Unit]
Description=Ends an update of spotd that was broken off
PartOf=spotd.service

[Path]
PathExists=` + updateState + `/` + update.PendingFile + `
Unit=spotd-update.service
`,
		"spotd-update.service": updateService(path, args, every),
	}
}

// startsAnHour are the timer's, and ten more for updates that were broken off, each of which is taken up three times at most. Where
// what is pending cannot be ended, a full disk for instance, the path unit would start it again and again.
func startsAnHour(every time.Duration) int {
	return 10 + int(time.Hour/max(every, time.Minute))
}

// updateService is the unit that does one update, as root, with the rights to replace the program and to end the daemon, and no others.
func updateService(path string, args []string, every time.Duration) string {
	return `[Unit]
Description=Updates spotd from its channel
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=1h
StartLimitBurst=` + fmt.Sprint(startsAnHour(every)) + `

[Service]
Type=oneshot
ExecStart=/bin/sh -c ` + commandLine(update.Launcher, append([]string{path}, args...)) + `
TimeoutStartSec=infinity
EnvironmentFile=-/etc/default/spotd
StateDirectory=spotd-update
StateDirectoryMode=0700
Environment=STATE_DIRECTORY=` + updateState + `
UMask=0022
ProtectSystem=strict
ReadWritePaths=` + filepath.Dir(path) + ` /run
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_FOWNER CAP_SYS_PTRACE
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
MemoryMax=256M
`
}
