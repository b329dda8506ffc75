package tree

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"autospotting/pkg/cli"
)

// read finds the command of a line, gives it its flags, and returns the line as cobra wants it. Flags are defined for this one
// command only: their defaults are read from the environment, and what is wrong there is no other's matter.
func (t *tree) read(args []string) ([]string, error) {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // a shell asks what may come next
		for n := range t.of {
			_ = t.flags(n) // nobody could read here what is wrong
		}
		return args, nil
	}
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	cmd, depth := t.root, 0
	for depth < len(args) && cmd.HasAvailableSubCommands() && !strings.HasPrefix(args[depth], "-") {
		i := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == args[depth] })
		if i < 0 {
			return nil, named(cmd, cli.Unknown("command", "", args[depth], names(cmd)))
		}
		cmd, depth = cmd.Commands()[i], depth+1
	}
	if depth == len(args) && cmd.HasAvailableSubCommands() {
		return nil, noCommand(cmd)
	}
	if err := t.flags(cmd); err != nil {
		return nil, named(cmd, err)
	}
	rest := args[depth:]
	if spread := t.of[cmd].Spread; spread != nil {
		rest = spread(rest)
	}
	return append(slices.Clone(args[:depth]), doubled(cmd.Flags(), rest)...), nil
}

func (t *tree) flags(cmd *cobra.Command) error {
	c := t.of[cmd]
	if c.Flags == nil {
		return nil
	}
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	err := c.Flags(fs)
	cmd.Flags().AddGoFlagSet(fs)
	return err
}

// doubled gives every flag of more than one letter its second dash. What is the value of the flag before is left alone.
func doubled(flags *pflag.FlagSet, args []string) []string {
	out := slices.Clone(args)
	for i := 0; i < len(out) && out[i] != "--"; i++ {
		dashed := strings.TrimPrefix(strings.TrimPrefix(out[i], "-"), "-")
		name, _, hasValue := strings.Cut(dashed, "=")
		if dashed == out[i] || name == "" {
			continue
		}
		if !strings.HasPrefix(out[i], "--") && len(name) > 1 {
			out[i] = "-" + out[i]
		}
		if f := flags.Lookup(name); f != nil && f.NoOptDefVal == "" && !hasValue {
			i++
		}
	}
	return out
}

// flagError says in one line what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return named(cmd, fmt.Errorf("%w: %w", cli.ErrUsage, err))
	}
	prefix, all := "--", []string(nil)
	if unknown.GetSpecifiedShortnames() != "" {
		prefix = "-"
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { all = append(all, f.Name) })
	return named(cmd, cli.Unknown("flag", prefix, unknown.GetSpecifiedName(), all))
}
