package daemon

import (
	"context"
	"errors"
	"slices"
	"time"

	"autospotting/pkg/message"
	"autospotting/spotd/config"
	"autospotting/spotd/probe"
	"autospotting/spotd/watch"
)

// bootEvery is the time between two looks at whether the boot is over.
const bootEvery = 10 * time.Second

// probe asks for the application in the background, or without a probe for the end of
// the boot, unless that is settled.
func (l *life) probe(ctx context.Context, said []string) {
	ask, err := probe.Parse(l.Config.Probe)
	ctx, l.stopProbe = context.WithCancel(ctx)
	settled := func(key string) bool {
		return slices.Contains(said, key) || slices.Contains(said, string(message.Ready))
	}
	switch {
	case err != nil || l.machine.Doomed():
	case ask == nil && !settled(watch.BootKey):
		go func() { // ends with ctx
			over, is, log := probe.Boot(l.Prefix, l.id.PendingTime), watch.Waiting, l.eachReason("boot not over yet")
			found := func(now watch.Application) {
				if now != is {
					is = now
					select {
					case l.app <- now:
					case <-ctx.Done():
					}
				}
			}
			if over.Until(ctx, bootEvery, func(err error) {
				if log(err); errors.Is(err, probe.ErrUnderWay) {
					found(watch.Booting)
				} else if is == watch.Booting {
					found(watch.Faulty)
				}
			}) {
				l.log.Info().Msg("the boot is over")
				found(watch.Booted)
			}
		}()
	case ask != nil && !settled(string(message.Started)):
		go func() { // ends with ctx
			if found := l.ask(ctx, ask); found != watch.Waiting {
				l.app <- found
			}
		}()
	}
}

// eachReason logs a line for each new reason, not for each attempt.
func (l *life) eachReason(what string) func(error) {
	why := ""
	return func(err error) {
		if text := err.Error(); text != why {
			why = text
			l.log.Info().Err(err).Msg(what)
		}
	}
}

// ask probes until the application is up, or does what the owner chose for when
// that takes too long.
func (l *life) ask(ctx context.Context, ask probe.Probe) watch.Application {
	began, why := time.Now(), ""
	log := l.eachReason("application not up yet")
	failed := func(err error) {
		why = err.Error()
		log(err)
	}
	intime, cancel := context.WithTimeout(ctx, l.Config.ProbeTimeout)
	up := ask.Until(intime, l.Config.ProbeInterval, failed)
	cancel()
	if !up && ctx.Err() == nil {
		l.log.Warn().Str("last", why).Str("then", l.Config.ProbeOverdue).Dur("after_ms", time.Since(began)).Msg("application not up in time")
		switch l.Config.ProbeOverdue {
		case config.OverdueReady:
			return watch.Overdue
		case config.OverdueWait:
			up = ask.Until(ctx, l.Config.ProbeInterval, failed)
		}
	}
	if !up {
		return watch.Waiting
	}
	l.log.Info().Dur("after_ms", time.Since(began)).Msg("application is up")
	return watch.Up
}
