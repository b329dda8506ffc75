package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"

	"autospotting/deploy/command"
	"autospotting/deploy/tree"
	"autospotting/pkg/cli"
)

// version is stamped by the Makefile.
var version = ""

// program is every command, under what an operator wants of it.
func program() tree.Program {
	return tree.Program{
		Name:  cli.Operator,
		About: "spotctl installs autospotting into an AWS account, shows how it is and what it would do, and takes it out again.",
		Groups: []tree.Group{
			{Title: "Before you switch it on", Commands: []cli.Command{
				ours("doctor", "", "whether this account and region are ready, and which groups would be served", runDoctor),
				command.Plan(cli.Version(version)), command.Simulate(), command.Demo(), command.Bench(),
			}},
			{Title: "An installation", Commands: []cli.Command{
				ours("up", "", "install, or bring what is installed to this version and these settings", runUp),
				ours("status", "", "what is installed and how it is", runStatus),
				ours("logs", "", "what the function wrote (--since, --follow)", runLogs),
				ours("dead-letters", "", "what was lost on its way to the function, or crashed it (--redrive)", runDeadLetters),
				ours("outputs", "", "names and addresses of what is installed", runOutputs),
				ours("list", "", "our stacks in the regions", runList),
				ours("down", "", "remove everything, and say before what that is", runDown),
			}},
			{Title: "Releases and templates", Commands: []cli.Command{
				ours("package", "[function|spotd]", "build the function and spotd into --dist, the same bytes each time", runPackage),
				ours("upload", "", "put what is packaged into the artefact bucket, which is made if there is none", runUpload),
				ours("release", "", "put what is packaged into a bucket, and let a channel point to it, signed with $SIGNING_KEY", runRelease),
				ours("template", "NAME", "print a template: autospotting or artifacts", runTemplate),
				ours("validate", "", "let CloudFormation read the templates", runValidate),
			}},
			{Title: "By hand", Commands: []cli.Command{
				command.Userdata(), command.Once(cli.Version(version)),
				{Name: "version", Help: "print the version", Run: runVersion},
			}},
		},
	}
}

// ours is a command that has the flags of an installation.
func ours(name, args, help string, run func(context.Context, *options, cli.Streams) error) cli.Command {
	o := &options{parameters: pairs{}, tags: pairs{}}
	return cli.Command{Name: name, Args: args, Help: help,
		Flags: func(fs *flag.FlagSet) error { o.flags(name, fs); return nil },
		Run: func(ctx context.Context, left []string, st cli.Streams) error {
			o.args = left
			if err := o.check(name); err != nil {
				return err
			}
			return run(ctx, o, st)
		}}
}

func execute(args []string, in io.Reader, out, stderr io.Writer) int {
	if len(args) > 0 && slices.Contains([]string{"--version", "-version"}, args[0]) {
		args = []string{"version"}
	}
	return cli.Main(cli.Operator, in, out, stderr, func(ctx context.Context, st cli.Streams) error {
		err := program().Run(ctx, args, st)
		if err == nil || errors.Is(err, cli.ErrUsage) {
			return err
		}
		return errors.New(explain(err))
	})
}

func runVersion(_ context.Context, _ []string, st cli.Streams) error {
	_, err := fmt.Fprintln(st.Out, cli.Operator, cli.Version(version))
	return err
}
