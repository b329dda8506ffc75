package main

import (
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/alecthomas/kong"
	"github.com/kardianos/service"
	"github.com/rs/zerolog"
)

// commands is the command line. Flags of run can also come from the environment.
type commands struct {
	Run       config           `cmd:"" help:"Watch this instance and report, until SIGTERM."`
	Install   installCmd       `cmd:"" help:"Install as a service that runs with these flags; harmless to repeat."`
	Uninstall uninstallCmd     `cmd:"" help:"Remove the service."`
	Start     startCmd         `cmd:"" help:"Start the installed service."`
	Stop      stopCmd          `cmd:"" help:"Stop the service."`
	Restart   restartCmd       `cmd:"" help:"Restart the service."`
	Status    statusCmd        `cmd:"" help:"Say whether the service runs; exits 3 if it does not."`
	Version   versionCmd       `cmd:"" help:"Print the version."`
	V         kong.VersionFlag `name:"version" help:"Print the version."`
}

// config is what run needs to know.
type config struct {
	Topic    string        `required:"" env:"SPOTD_TOPIC" placeholder:"ARN" help:"SNS topic that the reports go to ($${env})."`
	Group    string        `required:"" env:"SPOTD_GROUP" placeholder:"NAME" help:"Auto Scaling group that this instance is for ($${env})."`
	Grace    time.Duration `default:"300s" env:"SPOTD_GRACE" help:"Time from the launch until the instance counts as ready ($${env})."`
	Poll     time.Duration `default:"2s" env:"SPOTD_POLL" help:"Time between two looks at the metadata ($${env})."`
	StateDir string        `default:"/var/lib/spotd" env:"SPOTD_STATE_DIR" placeholder:"DIR" help:"Where undelivered reports are kept; $STATE_DIRECTORY goes before ($${env})."`
	LogLevel string        `default:"info" enum:"debug,info,warn,error" env:"SPOTD_LOG_LEVEL" help:"Least level to log: ${enum} ($${env})."`
}

var (
	topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
	// groupName: printable, no colon, 1 to 255 (Auto Scaling API reference); no
	// double brace, which the service manager's template would read.
	groupName = regexp.MustCompile(`^[\x20-\x39\x3b-\x7e]{1,255}$`)
)

// Validate is called by kong; its errors name the flag and the remedy.
func (c config) Validate() error {
	switch {
	case !topicARN.MatchString(c.Topic):
		return fmt.Errorf("--topic: %q is no SNS topic: want arn:aws:sns:REGION:ACCOUNT:NAME (a standard topic)", c.Topic)
	case !groupName.MatchString(c.Group):
		return fmt.Errorf("--group: %q is no group name: want 1 to 255 printable characters without a colon", c.Group)
	case c.Grace < 0 || c.Grace > 24*time.Hour:
		return fmt.Errorf("--grace: %v is out of range: want 0s to 24h", c.Grace)
	case c.Poll < 50*time.Millisecond || c.Poll > time.Minute:
		return fmt.Errorf("--poll: %v is out of range: want 50ms to 1m (a notice comes two minutes ahead)", c.Poll)
	case c.StateDir == "":
		return fmt.Errorf("--state-dir: empty: want a directory that spotd may write")
	}
	return nil
}

// region of the topic: what SNS requests are signed for and sent to.
func (c config) region() string { return topicARN.FindStringSubmatch(c.Topic)[1] }

// shell is what the commands share.
type shell struct {
	out io.Writer
	log zerolog.Logger
}

type exitCode int

// execute runs one command line and returns the exit code: 0 done, 1 failed,
// 2 bad usage, 3 status of a service that does not run.
func execute(args []string, stdout, stderr io.Writer) (code int) {
	defer func() { // kong leaves --help and --version by exiting
		if c, ok := recover().(exitCode); ok {
			code = int(c)
		}
	}()
	var c commands
	parser, err := kong.New(&c, kong.Name("spotd"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("Tells the coordinator when this instance is ready, and when AWS is about to take it."),
		kong.Vars{"version": versionText()}, kong.Exit(func(code int) { panic(exitCode(code)) }))
	if err != nil {
		fmt.Fprintln(stderr, "spotd:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "spotd: %v\nTry spotd --help.\n", err)
		return 2
	}
	if err := command.Run(&shell{stdout, newLogger(stderr, c.Run.LogLevel)}); err != nil {
		if err == errNotRunning {
			return 3
		}
		fmt.Fprintln(stderr, "spotd:", err)
		return 1
	}
	return 0
}

// Run watches until the service manager, or a signal, ends it.
func (c *config) Run(s *shell) error {
	p := newProgram(*c, s.log)
	svc, err := service.New(p, serviceConfig(*c, p.wait))
	if err != nil {
		return err
	}
	return svc.Run()
}
