package userdata

import (
	_ "embed" // the scripts
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed bootstrap.sh
var bootstrapSource string

//go:embed bootstrap.ps1
var bootstrapWindowsSource string

// awaitSeconds is how long the scripts ask for membership. Their last look may take 4 s
// more, and 120 s is what the boot may be held up.
const awaitSeconds = "115"

// shape is what a script is for.
type shape struct{ await, daemon bool }

func (s Settings) shape() shape { return shape{s.Await, !s.WaitOnly} }

// What goes into user data is the source without its comments, but for the
// first: 16 KB are to be shared with the owner. It is made when it is first needed.
var (
	bootstrap        = shaped(&bootstrapSource)
	bootstrapWindows = shaped(&bootstrapWindowsSource)
)

func shaped(source *string) func() map[shape]string {
	return sync.OnceValue(func() map[shape]string {
		list := map[shape]string{}
		for _, s := range []shape{{false, true}, {true, true}, {true, false}} {
			list[s] = uncommented(s.cut(*source))
		}
		return list
	})
}

// cut leaves out what the script is not for. What is for one purpose alone stands between the lines #spotd-PURPOSE and #spotd-PURPOSE-end, also within
// what is for another; alone is the wait without the daemon.
func (s shape) cut(source string) string {
	not := map[string]bool{"await": !s.await, "daemon": !s.daemon, "alone": s.daemon}
	var b strings.Builder
	without := 0
	for line := range strings.Lines(source) {
		mark, _ := strings.CutPrefix(strings.TrimSpace(line), "#spotd-")
		purpose, ends := strings.CutSuffix(mark, "-end")
		drop, marks := not[purpose]
		switch {
		case !marks && without == 0:
			b.WriteString(line)
		case marks && drop && ends:
			without--
		case marks && drop:
			without++
		}
	}
	return b.String()
}

func uncommented(source string) string {
	head, body, _ := strings.Cut(source, settingsBegin)
	var b strings.Builder
	b.WriteString(head + settingsBegin)
	for line := range strings.Lines(body) {
		comment := strings.HasPrefix(strings.TrimLeft(line, " "), "#") && line != settingsEnd
		if !comment && line != "\n" {
			b.WriteString(line)
		}
	}
	return b.String()
}

// The lines of the scripts between which the settings stand, one assignment
// a line; reading them back needs no more than that.
const (
	settingsBegin = "#spotd-settings\n"
	settingsEnd   = "#spotd-settings-end\n"
)

// assignment is one setting as a name and a value; an exported one is for
// the environment of spotd.
type assignment struct {
	name, value string
	export      bool
}

func (s Settings) assignments(sums ...string) []assignment {
	if s.WaitOnly {
		return s.environment([]assignment{{"SPOTD_AWAIT", awaitSeconds, false}})
	}
	list := []assignment{{"SPOTD_TOPIC", s.Topic, false}, {"SPOTD_GROUP", s.Group, false}, {"SPOTD_GRACE", s.Grace.String(), false}}
	if s.Probe != "" {
		list = append(list, assignment{"SPOTD_PROBE", s.Probe, false})
	}
	if s.Version != "" {
		list = append(list, assignment{"SPOTD_VERSION", s.Version, false})
	}
	if s.Await {
		list = append(list, assignment{"SPOTD_AWAIT", awaitSeconds, false})
	}
	list = append(list, assignment{"SPOTD_URL", strings.TrimRight(s.ReleaseURL, "/"), false})
	for _, arch := range sums {
		list = append(list, assignment{sumName(arch), strings.ToLower(s.SHA256[arch]), false})
	}
	list = s.environment(list)
	if len(s.Env) > 0 {
		list = append(list, assignment{"SPOTD_ENV", strings.Join(slices.Sorted(maps.Keys(s.Env)), " "), false})
	}
	return list
}

// environment adds what is exported.
func (s Settings) environment(list []assignment) []assignment {
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		list = append(list, assignment{name, s.Env[name], true})
	}
	return list
}

func sumName(arch string) string {
	return "SPOTD_SHA256_" + strings.ToUpper(strings.ReplaceAll(arch, "-", "_"))
}

// render fills the settings into the bootstrap.
func render(s Settings) string {
	var b strings.Builder
	for _, a := range s.assignments("amd64", "arm64") {
		if a.export {
			b.WriteString("export ")
		}
		b.WriteString(a.name + "=" + quote(a.value) + "\n")
	}
	return strings.Replace(bootstrap()[s.shape()], settingsBegin, settingsBegin+b.String(), 1)
}

// renderWindows is its twin for PowerShell.
func renderWindows(s Settings) string {
	var b strings.Builder
	for _, a := range s.assignments(windows) {
		if a.export {
			b.WriteString("$env:" + a.name)
		} else {
			b.WriteString("$" + a.name)
		}
		b.WriteString(" = " + quoteWindows(a.value) + "\n")
	}
	return strings.Replace(bootstrapWindows()[s.shape()], settingsBegin, settingsBegin+b.String(), 1)
}

// read is the inverse of both; false when the script has no settings.
func read(script string) (Settings, bool) {
	_, rest, begins := strings.Cut(script, settingsBegin)
	block, _, ends := strings.Cut(rest, settingsEnd)
	if !begins || !ends {
		return Settings{}, false
	}
	s := Settings{SHA256: map[string]string{}}
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		var a assignment
		if powershell, is := strings.CutPrefix(line, "$"); is {
			a.name, a.value, _ = strings.Cut(powershell, " = ")
			a.name, a.export = strings.CutPrefix(a.name, "env:")
			a.value = unquoteWindows(a.value)
		} else {
			a.name, a.value, _ = strings.Cut(line, "=")
			a.name, a.export = strings.CutPrefix(a.name, "export ")
			a.value = unquote(a.value)
		}
		s.assign(a)
	}
	s.WaitOnly = s.Await && s.Topic == ""
	return s, true
}

// assign sets what is known; another release may write more.
func (s *Settings) assign(a assignment) {
	if a.export {
		if s.Env == nil {
			s.Env = map[string]string{}
		}
		s.Env[a.name] = a.value
		return
	}
	switch a.name {
	case "SPOTD_TOPIC":
		s.Topic = a.value
	case "SPOTD_GROUP":
		s.Group = a.value
	case "SPOTD_GRACE":
		s.Grace, _ = time.ParseDuration(a.value) // ours is one
	case "SPOTD_PROBE":
		s.Probe = a.value
	case "SPOTD_VERSION":
		s.Version = a.value
	case "SPOTD_AWAIT":
		s.Await = a.value != ""
	case "SPOTD_URL":
		s.ReleaseURL = a.value
	}
	for _, arch := range architectures {
		if a.name == sumName(arch) && a.value != "" {
			s.SHA256[arch] = a.value
		}
	}
}

// quote makes one word of a POSIX shell: nothing is special between single
// quotes but the single quote itself.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func unquote(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "'"), "'")
	return strings.ReplaceAll(s, `'\''`, "'")
}

// To PowerShell the typographic quotes end a string as well (about_Quoting_Rules);
// each stands for itself when doubled.
var windowsQuotes = []string{"'", "‘", "’", "‚", "‛"}

func quoteWindows(s string) string {
	for _, q := range windowsQuotes {
		s = strings.ReplaceAll(s, q, q+q)
	}
	return "'" + s + "'"
}

func unquoteWindows(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "'"), "'")
	for _, q := range windowsQuotes {
		s = strings.ReplaceAll(s, q+q, q)
	}
	return s
}
