package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Dispatch reads the line with the standard library's flags and does what it says.
func Dispatch(ctx context.Context, program string, commands []Command, args []string, st Streams) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: no command", ErrUsage)
	}
	i := slices.IndexFunc(commands, func(c Command) bool { return c.Name == args[0] })
	if i < 0 {
		return Unknown("command", "", args[0], Names(commands))
	}
	c := commands[i]
	left, err := c.parse(program, args[1:], st)
	if err == nil {
		err = c.Run(ctx, left, st)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return nil
}

// parse reads the flags, and returns the arguments beside them.
func (c Command) parse(program string, args []string, st Streams) ([]string, error) {
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // what is wrong is said in one line
	if c.Flags != nil {
		if err := c.Flags(fs); err != nil {
			return nil, err
		}
	}
	if c.Spread != nil {
		args = c.Spread(args)
	}
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, errors.Join(err, c.print(program, fs, st.Out))
	case err != nil:
		return nil, flagError(fs, err)
	}
	return fs.Args(), c.Check(fs.Args())
}

// Check refuses arguments that the command does not take.
func (c Command) Check(args []string) error {
	if len(args) > 0 && c.Args == "" {
		return fmt.Errorf("%w: unexpected argument %q", ErrUsage, args[0])
	}
	return nil
}

func flagError(fs *flag.FlagSet, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return Unknown("flag", "--", name, names)
}

func (c Command) print(program string, fs *flag.FlagSet, w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s\n\nusage: %s %s\n", c.Help, program, strings.TrimSpace(c.Name+" [flags] "+c.Args))
	if c.More != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(c.More))
	}
	head := "\nflags:\n"
	fs.VisitAll(func(f *flag.Flag) {
		kind, help := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			help += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "%s  %-24s %s\n", head, strings.TrimSpace("--"+f.Name+" "+kind), help)
		head = ""
	})
	return err
}

// PrintHelp lists the commands.
func PrintHelp(w io.Writer, program, about string, commands []Command) error {
	fmt.Fprintf(w, "%s\n\nusage: %s COMMAND [flags]\n\ncommands:\n", about, program)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-12s %s\n", strings.TrimSpace(c.Name+" "+c.Args), c.Help)
	}
	_, err := fmt.Fprint(w, "\nCOMMAND --help shows its flags, and their twins in the environment.\n")
	return err
}
