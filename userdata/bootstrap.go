package userdata

import (
	_ "embed" // bootstrap.sh
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed bootstrap.sh
var bootstrap string

// The lines of bootstrap.sh between which the settings stand, one assignment
// a line; reading them back needs no more than that.
const (
	settingsBegin = "#spotd-settings\n"
	settingsEnd   = "#spotd-settings-end\n"
)

// render fills the settings into the bootstrap.
func render(s Settings) string {
	var b strings.Builder
	set := func(name, value string) { b.WriteString(name + "=" + quote(value) + "\n") }
	set("SPOTD_TOPIC", s.Topic)
	set("SPOTD_GROUP", s.Group)
	set("SPOTD_GRACE", s.Grace.String())
	set("SPOTD_URL", strings.TrimRight(s.ReleaseURL, "/"))
	set("SPOTD_SHA256_AMD64", strings.ToLower(s.SHA256["amd64"]))
	set("SPOTD_SHA256_ARM64", strings.ToLower(s.SHA256["arm64"]))
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		set("export "+name, s.Env[name])
	}
	return strings.Replace(bootstrap, settingsBegin, settingsBegin+b.String(), 1)
}

// read is the inverse of render; false when the script has no settings.
func read(script string) (Settings, bool) {
	_, rest, begins := strings.Cut(script, settingsBegin)
	block, _, ends := strings.Cut(rest, settingsEnd)
	if !begins || !ends {
		return Settings{}, false
	}
	s := Settings{SHA256: map[string]string{}}
	for line := range strings.Lines(block) {
		name, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !s.assign(name, unquote(quoted)) {
			return Settings{}, false
		}
	}
	return s, true
}

func (s *Settings) assign(name, value string) bool {
	switch name {
	case "SPOTD_TOPIC":
		s.Topic = value
	case "SPOTD_GROUP":
		s.Group = value
	case "SPOTD_GRACE":
		d, err := time.ParseDuration(value)
		s.Grace = d
		return err == nil
	case "SPOTD_URL":
		s.ReleaseURL = value
	case "SPOTD_SHA256_AMD64", "SPOTD_SHA256_ARM64":
		if value != "" {
			s.SHA256[strings.ToLower(strings.TrimPrefix(name, "SPOTD_SHA256_"))] = value
		}
	default:
		env, ok := strings.CutPrefix(name, "export ")
		if !ok {
			return false
		}
		if s.Env == nil {
			s.Env = map[string]string{}
		}
		s.Env[env] = value
	}
	return true
}

// quote makes one word of a POSIX shell: nothing is special between single
// quotes but the single quote itself.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func unquote(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "'"), "'")
	return strings.ReplaceAll(s, `'\''`, "'")
}
