package main

import (
	"os"
	"strings"
)

const description = "Tells the coordinator when this spot instance is ready and when AWS takes it"

// executable is this program's path, for the unit.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		return "/usr/local/bin/spotd"
	}
	return path
}

// arguments rebuilds the command line of run. Every flag is spelled out, so that
// the unit means the same after a default changes.
func arguments(c config) []string {
	return []string{
		"run", "--topic", c.Topic, "--group", c.Group, "--grace", c.Grace.String(), "--poll", c.Poll.String(),
		"--state-dir", c.StateDir, "--log-level", c.LogLevel.String(),
	}
}

// unit returns the systemd unit. It is ours because the service library's own
// waits 120 s before a restart (one crash would cost a whole notice) and
// does not wait for the network. The account is made up by systemd at start
// (DynamicUser), owns nothing but the state directory, and the limit on starts
// is lifted: a daemon that gives up is worse than one that keeps trying.
func unit(path string, args []string) string {
	command := quote(path)
	for _, a := range args {
		command += " " + quote(a)
	}
	return `[Unit]
Description=` + description + `
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=` + command + `
Restart=always
RestartSec=1
EnvironmentFile=-/etc/default/spotd
StateDirectory=spotd
DynamicUser=yes
ProtectSystem=strict
ProtectHome=yes
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
MemoryMax=64M
TasksMax=64
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
`
}

// quote makes one word of a systemd command line: percent and dollar signs are
// doubled, for systemd expands both (systemd.service(5), "Command lines").
func quote(word string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$", "\n", `\n`).Replace(word)
	return `"` + escaped + `"`
}
