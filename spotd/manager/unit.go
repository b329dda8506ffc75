package manager

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"autospotting/spotd/config"
	"autospotting/spotd/root"
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

// arguments is the command line of a unit: what was given by flag or variable.
// The rest is not spelled out, so that the file can be edited afterwards.
func arguments(verb string, c config.Config) []string { return append([]string{verb}, c.Given...) }

// unit returns the systemd unit. It is ours because the service library's own
// waits 120 s before a restart (one crash would cost a whole notice) and
// does not wait for the network. The account is made up by systemd at start
// (DynamicUser), owns nothing but its two directories, and the limit on starts
// is lifted: a daemon that gives up is worse than one that keeps trying. Older
// systemd (before 230) reads that limit in [Service].
//
// The account is fixed where one named spotd exists, see ensureUser.
//
// Handlers run in the same box: MemoryMax is theirs too, and a handler that
// takes more is killed, not the daemon (OOMPolicy). Only the daemon is told to stop
// (KillMode), which lets handlers finish for 60 s.
func unit(path string, args []string) string {
	return `[Unit]
Description=` + description + `
After=network-online.target
Wants=network-online.target spotd-handlers.path spotd-drain.path spotd-update.timer spotd-update.path
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=20
ExecStart=` + commandLine(path, args) + `
Restart=always
RestartSec=500ms
StartLimitInterval=0
KillMode=mixed
TimeoutStopSec=75
EnvironmentFile=-/etc/default/spotd
StateDirectory=spotd
StateDirectoryMode=0700
RuntimeDirectory=spotd
DynamicUser=yes
User=spotd
UMask=0077
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
MemoryMax=256M
TasksMax=128
OOMPolicy=continue
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
`
}

// extraUnits are the units beside the service: the path unit sees the daemon's
// event and starts the service that runs the handlers as root. That stays
// "active" afterwards, so that the event starts it once. Drains may be asked for
// again: that unit takes the event away, and is started by the next one, also by one
// that came while it ran.
func extraUnits(path string, args []string) map[string]string {
	return map[string]string{
		"spotd-handlers.path": `[Unit]
Description=Waits for the notice that root handlers of spotd are for
PartOf=spotd.service

[Path]
PathExists=` + root.Path + `
Unit=spotd-handlers.service
`,
		"spotd-handlers.service": `[Unit]
Description=Runs the root handlers of spotd before this instance goes

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=` + commandLine(path, args) + `
TimeoutStartSec=infinity
EnvironmentFile=-/etc/default/spotd
RuntimeDirectory=spotd-handlers
RuntimeDirectoryMode=0755
UMask=0022
`,
		"spotd-drain.path": `[Unit]
Description=Waits for a drain that root handlers of spotd are for
PartOf=spotd.service

[Path]
PathExists=` + root.DrainPath + `
Unit=spotd-drain.service
`,
		"spotd-drain.service": `[Unit]
Description=Runs the root drain handlers of spotd when the coordinator asks
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=` + commandLine(path, append([]string{"handle-drain"}, args[min(1, len(args)):]...)) + `
TimeoutStartSec=infinity
EnvironmentFile=-/etc/default/spotd
RuntimeDirectory=spotd-drain
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
UMask=0022
`,
	}
}

func commandLine(path string, args []string) string {
	line := quote(path)
	for _, a := range args {
		line += " " + quote(a)
	}
	return line
}

// quote makes one word of a systemd command line: percent and dollar signs are
// doubled, for systemd expands both (systemd.service(5), "Command lines").
func quote(word string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$", "\n", `\n`).Replace(word)
	return `"` + escaped + `"`
}

// installedArguments reads the flags back from a unit: what quote made of them.
// Nothing where the text is no unit of ours.
func installedArguments(unit string) []string {
	_, rest, _ := strings.Cut(unit, "\nExecStart=")
	line, _, _ := strings.Cut(rest, "\n")
	var words []string
	for _, word := range regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(line, -1) {
		words = append(words, strings.NewReplacer(`\\`, `\`, `\"`, `"`, "%%", "%", "$$", "$", `\n`, "\n").Replace(word[1]))
	}
	if len(words) < 2 || words[1] != "run" {
		return nil
	}
	return words[2:]
}

// AsInstalled is what check looks at where it is told nothing: the settings that
// the service runs with.
func AsInstalled(verb string, args []string) []string {
	if verb != "check" || len(args) > 0 {
		return args
	}
	text, err := os.ReadFile(filepath.Join(unitDir, "spotd.service"))
	if err != nil {
		return args
	}
	return installedArguments(string(text))
}
