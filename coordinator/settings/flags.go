package settings

import (
	"flag"
	"fmt"
	"strings"
)

// EnvPrefix stands before a setting's name in the environment: AUTOSPOTTING_KEEP_ON_DEMAND.
const EnvPrefix = "AUTOSPOTTING_"

// Env is the environment variable that sets the installation's default.
func (t Setting) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(t.Name, "-", "_"))
}

// Flags defines a flag for every setting, with its twin in the environment; s holds the outcome after parsing. The error is of
// the environment and names the variable.
func Flags(s *Settings, fs *flag.FlagSet, getenv func(string) string) error {
	*s = Defaults()
	for _, t := range table {
		if v := getenv(t.Env()); v != "" {
			if err := t.set(s, v); err != nil {
				return fmt.Errorf("$%s: %w", t.Env(), err)
			}
		}
		fs.Func(t.Name, fmt.Sprintf("%s: %s (default %q; $%s)", t.Values, t.Help, t.Default, t.Env()), func(v string) error { return t.set(s, v) })
	}
	return nil
}
