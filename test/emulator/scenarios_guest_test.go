package emulator

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/message"
	"autospotting/test/scenario"
	"autospotting/userdata"
)

// How long the boot of a guest takes: it is longer than an attach takes, which it waits for, but not for ever.
const (
	bootTakes  = time.Second
	attachTime = 15 * time.Second
)

// boot is what runs on an instance: spotd where it is on board, and the owner's script where the story tells of it.
func (a *tale) boot(ctx context.Context, i instance) error {
	ours, err := a.injected(ctx, i.id)
	if err != nil {
		return err
	}
	if a.group.Boot == "" {
		if ours.Topic == "" && i.spot {
			return nil
		}
		return a.ready(ctx, i)
	}
	a.boots.Go(func() {
		if err := a.script(ctx, i, ours); err != nil && ctx.Err() == nil {
			a.t.Errorf("the boot of %s: %v", i.id, err)
		}
	})
	return nil
}

func (a *tale) script(ctx context.Context, i instance, ours userdata.Settings) error {
	say := func(kind message.Kind, action string) error {
		if ours.Topic == "" {
			return nil
		}
		return a.speaks(ctx, i, kind, action)
	}
	asks, limit := a.group.Boot != scenario.BootTold && a.group.Boot != scenario.BootHook, attachTime
	if asks && !ours.Await { // it does not wait
		limit = 0
	}
	if !asks {
		if err := say(message.Hello, ""); err != nil {
			return err
		}
	}
	member, err := a.joins(ctx, i.id, limit)
	if err != nil {
		return err
	}
	if asks {
		if err := say(message.Hello, map[bool]string{true: message.ActionMember, false: message.ActionNoMember}[member]); err != nil {
			return err
		}
		if !member {
			a.happened("Failed", i.id)
			return nil
		}
	}
	if err := wait(ctx, bootTakes); err != nil {
		return err
	}
	a.happened("Booted", i.id)
	return errors.Join(say(message.Started, message.ActionBoot), say(message.Ready, ""))
}

// joins waits so long at most until the instance is a member of the group, and tells whether it is.
func (a *tale) joins(ctx context.Context, id string, limit time.Duration) (bool, error) {
	for end := time.Now().Add(limit); ; {
		groups, err := a.groups(ctx)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(groups, func(g group) bool { return g.has(id) }) {
			return true, nil
		}
		if time.Now().After(end) {
			return false, nil
		}
		if err := wait(ctx, lookAtMost); err != nil {
			return false, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// injected is what the instance's user data has of ours: no topic where spotd is not on board.
func (a *tale) injected(ctx context.Context, id string) (userdata.Settings, error) {
	out, err := a.ec2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: ec2types.InstanceAttributeNameUserData})
	if err != nil {
		return userdata.Settings{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(out.UserData.Value))
	if err != nil {
		return userdata.Settings{}, err
	}
	ours, _ := userdata.Injected(raw)
	if ours.WaitOnly {
		ours.Topic = ""
	}
	return ours, nil
}

// install runs the real spotd on an instance of the owner's, with a drain handler, and metadata that shows the instance's tags.
func (a *tale) install(id string) error {
	all, err := a.instances(a.t.Context())
	if err != nil {
		return err
	}
	m, err := newMetadata(a.cloud.account, all[id])
	if err != nil {
		return err
	}
	a.t.Cleanup(m.Close)
	m.set("meta-data/instance-life-cycle", "on-demand")
	m.set("meta-data/tags/instance", "Name")
	dir := a.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "10-node"), []byte("#!/bin/sh\nsleep 1\n"), 0o755); err != nil {
		return err
	}
	log, err := startSpotd(a.t, m.URL, a.side.URL, a.reports, "web", "--poll-targets=100ms", "--poll-events=100ms", "--drain-handlers", dir)
	if err != nil {
		return err
	}
	showOnFailure(a.t, "spotd of "+id, log)
	ctx, stop := context.WithCancel(a.t.Context())
	a.t.Cleanup(stop)
	a.boots.Go(func() { a.showTag(ctx, m, id) })
	return nil
}

// showTag keeps the metadata of an instance as its tag is, until the test ends.
func (a *tale) showTag(ctx context.Context, m *metadata, id string) {
	for wait(ctx, lookAtMost) == nil {
		all, err := a.instances(ctx)
		if err != nil {
			continue
		}
		if until := all[id].tags[message.DrainTag]; until != "" {
			m.set("meta-data/tags/instance/"+message.DrainTag, until)
		} else {
			m.unset("meta-data/tags/instance/" + message.DrainTag)
		}
	}
}
