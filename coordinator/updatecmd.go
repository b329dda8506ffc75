package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	lambdasdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rs/zerolog"

	"autospotting/coordinator/update"
	"autospotting/pkg/channel"
	"autospotting/pkg/cli"
)

// roleUpdater is what AUTOSPOTTING_ROLE says in the function that updates the other.
const roleUpdater = "updater"

// updating is the configuration of the updater. Each flag has a twin in the environment.
type updating struct {
	function, alias, bucket, releases string
	source, keys, alarms, base, arch  string
	region, logLevel                  string
	watch                             time.Duration
	weight                            float64
}

func (o *updating) flags(fs *flag.FlagSet, getenv func(string) string) error {
	text := func(p *string, name, env, fallback, help string) {
		if v := getenv(env); v != "" {
			fallback = v
		}
		fs.StringVar(p, name, fallback, help+" ($"+env+")")
	}
	text(&o.function, "function", "AUTOSPOTTING_FUNCTION", "", "name of the function that is updated")
	text(&o.alias, "alias", "AUTOSPOTTING_ALIAS", update.Alias, "its alias, through which messages come")
	text(&o.arch, "arch", "AUTOSPOTTING_ARCHITECTURE", runtime.GOARCH, "what it is built for: arm64 or x86_64")
	text(&o.source, "channel", "AUTOSPOTTING_UPDATE_CHANNEL", "", "address of the channel's manifest: s3://BUCKET/channel/stable.json or https://…")
	text(&o.keys, "keys", "AUTOSPOTTING_UPDATE_KEYS", "", "public keys that are believed, between commas")
	text(&o.alarms, "alarms", "AUTOSPOTTING_UPDATE_ALARMS", "", "names of alarms that stop an update, between commas")
	text(&o.bucket, "artifact-bucket", "AUTOSPOTTING_ARTIFACT_BUCKET", "", "the installation's own bucket")
	text(&o.releases, "releases", "AUTOSPOTTING_RELEASES", "", "address below which instances find VERSION/spotd-linux-ARCH in it")
	text(&o.base, "stack-version", "AUTOSPOTTING_STACK_VERSION", cli.Version(version), "version that the stack was installed from")
	text(&o.region, "region", "AWS_REGION", getenv("AWS_DEFAULT_REGION"), "AWS region")
	text(&o.logLevel, "log-level", "AUTOSPOTTING_LOG_LEVEL", "info", "debug, info, warn or error")
	fs.Float64Var(&o.weight, "share", 0.1, "the canary's share of the messages")
	watch := 15 * time.Minute
	if v := getenv("AUTOSPOTTING_UPDATE_WATCH"); v != "" {
		var err error
		if watch, err = time.ParseDuration(v); err != nil {
			return fmt.Errorf("%w: $AUTOSPOTTING_UPDATE_WATCH: %w", cli.ErrUsage, err)
		}
	}
	fs.DurationVar(&o.watch, "watch", watch, "how long the canary is watched, and then the whole ($AUTOSPOTTING_UPDATE_WATCH)")
	return nil
}

// updater puts the parts together.
func (o *updating) updater(ctx context.Context) (*update.Updater, error) {
	for _, f := range []struct{ flag, value string }{
		{"function", o.function}, {"channel", o.source}, {"keys", o.keys}, {"alarms", o.alarms}, {"artifact-bucket", o.bucket}, {"releases", o.releases}, {"region", o.region},
	} {
		if f.value == "" {
			return nil, fmt.Errorf("%w: --%s is needed", cli.ErrUsage, f.flag)
		}
	}
	level, err := zerolog.ParseLevel(o.logLevel)
	if err != nil {
		return nil, fmt.Errorf("%w: --log-level %q: write debug, info, warn or error", cli.ErrUsage, o.logLevel)
	}
	source, err := update.ParseSource(o.source)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	keys, err := channel.ParseKeys(o.keys)
	if err != nil {
		return nil, fmt.Errorf("%w: --keys: %w", cli.ErrUsage, err)
	}
	if o.weight <= 0 || o.weight >= 1 || o.watch < 0 {
		return nil, fmt.Errorf("%w: --share %v, --watch %s: want a share between 0 and 1, and a time", cli.ErrUsage, o.weight, o.watch)
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(o.region), awsconfig.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, 2*time.Second })
	}))
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return &update.Updater{
		Lambda: lambdasdk.NewFromConfig(cfg), Alarms: cloudwatch.NewFromConfig(cfg), HTTP: &http.Client{Timeout: download},
		S3:       s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL") != "" }),
		Function: o.function, Alias: o.alias, Arch: strings.Replace(o.arch, "x86_64", "amd64", 1), Bucket: o.bucket, Releases: strings.TrimSuffix(o.releases, "/"),
		Source: source, Keys: keys, Base: o.base, Watched: strings.Split(o.alarms, ","), Watch: o.watch, Weight: o.weight,
		Pause: 2 * time.Second, Now: time.Now, Log: zerolog.New(os.Stderr).Level(level).With().Timestamp().Str("updater", cli.Version(version)).Logger(),
	}, nil
}

// download bounds how long one file of the channel may take.
const download = 2 * time.Minute

// updateCommand does one tick of the updater.
func updateCommand() cli.Command {
	var o updating
	return cli.Command{Name: "update", Help: "one step of bringing the function to what a release channel says, as the updater does it every five minutes",
		Flags: func(fs *flag.FlagSet) error { return o.flags(fs, os.Getenv) },
		Run: func(ctx context.Context, _ []string, _ cli.Streams) error {
			u, err := o.updater(ctx)
			if err != nil {
				return err
			}
			return u.Tick(ctx)
		}}
}

// runUpdater serves the Lambda runtime as the function that updates the other.
func runUpdater(ctx context.Context) error {
	var o updating
	if err := o.flags(flag.NewFlagSet("update", flag.ContinueOnError), os.Getenv); err != nil {
		return err
	}
	u, err := o.updater(ctx)
	if err != nil {
		return err
	}
	tick := func(ctx context.Context) error {
		err := u.Tick(ctx)
		if err != nil {
			u.Log.Error().Err(err).Msg("tick failed")
		}
		return err
	}
	lambda.StartWithOptions(tick, lambda.WithContext(ctx))
	return nil
}
