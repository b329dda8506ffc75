// Package tree lets cobra read the line of a program that is made of cli.Commands: with grouped help, completion in shells, and
// commands below commands. Flags are those of the standard library, so that the same command can be read without cobra; one dash
// does for two.
package tree

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"autospotting/pkg/cli"
)

func init() { cobra.EnableCommandSorting = false } // their order is the program's

// Program is what the tree grows from.
type Program struct {
	Name, About string
	Groups      []Group
}

// Group is a heading of the help, and what stands below it.
type Group struct {
	Title    string
	Commands []cli.Command
}

// Run does what the line says. An error is marked with cli.ErrUsage where the line was not understood.
func (p Program) Run(ctx context.Context, args []string, st cli.Streams) error {
	t := &tree{root: &cobra.Command{Use: p.Name, Short: p.About, Long: p.About, SilenceErrors: true, SilenceUsage: true}, of: map[*cobra.Command]cli.Command{}, st: st}
	for _, g := range p.Groups {
		t.root.AddGroup(&cobra.Group{ID: g.Title, Title: g.Title + ":"})
		for _, c := range g.Commands {
			t.grow(t.root, c).GroupID = g.Title
		}
	}
	t.root.SetIn(st.In)
	t.root.SetOut(st.Out)
	t.root.SetErr(st.Err)
	t.root.SetFlagErrorFunc(flagError)
	if n := len(p.Groups); n > 0 {
		t.root.SetHelpCommandGroupID(p.Groups[n-1].Title)
		t.root.SetCompletionCommandGroupID(p.Groups[n-1].Title)
	}
	t.root.InitDefaultCompletionCmd()
	t.root.InitDefaultHelpCmd()
	args, err := t.read(args)
	if err != nil {
		return err
	}
	t.root.SetArgs(args)
	return t.root.ExecuteContext(ctx)
}

type tree struct {
	root *cobra.Command
	of   map[*cobra.Command]cli.Command
	st   cli.Streams
}

func (t *tree) grow(parent *cobra.Command, c cli.Command) *cobra.Command {
	n := &cobra.Command{Use: strings.TrimSpace(c.Name + " " + c.Args), Short: c.Help, Args: cobra.ArbitraryArgs}
	if c.More != "" {
		n.Long = c.Help + "\n\n" + c.More
	}
	if c.Run != nil {
		n.RunE = func(cmd *cobra.Command, args []string) error {
			err := c.Check(args)
			if err == nil {
				err = c.Run(cmd.Context(), args, t.st)
			}
			return named(cmd, err)
		}
	}
	parent.AddCommand(n)
	t.of[n] = c
	for _, sub := range c.Subs {
		t.grow(n, sub)
	}
	return n
}

// noCommand is the error for a line that ends before a command that does something.
func noCommand(cmd *cobra.Command) error {
	if !cmd.HasParent() {
		return fmt.Errorf("%w: no command", cli.ErrUsage)
	}
	return named(cmd, fmt.Errorf("%w: give one of %s", cli.ErrUsage, strings.Join(names(cmd), ", ")))
}

// named says which command an error is of.
func named(cmd *cobra.Command, err error) error {
	if err == nil || !cmd.HasParent() || errors.Is(err, flag.ErrHelp) {
		return err
	}
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	return fmt.Errorf("%s: %w", path, err)
}

func names(cmd *cobra.Command) []string {
	var all []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			all = append(all, c.Name())
		}
	}
	return all
}
