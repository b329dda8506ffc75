package emulator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"autospotting/pkg/message"
)

// guests stand for what runs on the instances: each live one of ours is given to speak once.
type guests struct {
	speak func(context.Context, instance) error
	stop  context.CancelFunc
	done  sync.WaitGroup

	mu  sync.Mutex
	err error
}

// guests begins to watch for instances of ours.
func (a *account) guests(speak func(context.Context, instance) error) *guests {
	ctx, stop := context.WithCancel(context.Background())
	g := &guests{speak: speak, stop: stop}
	g.done.Go(func() { g.watch(ctx, a) })
	a.t.Cleanup(func() {
		g.stop()
		g.done.Wait()
		if g.err != nil && !errors.Is(g.err, context.Canceled) {
			a.t.Errorf("a guest: %v", g.err)
		}
	})
	return g
}

func (g *guests) watch(ctx context.Context, a *account) {
	spoke := map[string]bool{}
	for {
		launched := a.launches.next()
		all, err := a.instances(ctx)
		for _, i := range all {
			if err == nil && i.ours() && i.state == "running" && !spoke[i.id] {
				spoke[i.id] = true
				err = g.speak(ctx, i)
			}
		}
		if err != nil {
			g.mu.Lock()
			g.err = errors.Join(g.err, err)
			g.mu.Unlock()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-launched:
		}
	}
}

// ready says for the instance what spotd says when its application is up.
func (a *account) ready(ctx context.Context, i instance) error {
	body, err := a.report(message.Ready, i)
	if err != nil {
		return err
	}
	return a.publish(ctx, a.reports, body)
}

// speaks publishes a report of the instance.
func (a *account) speaks(ctx context.Context, i instance, kind message.Kind, action string) error {
	body, err := a.acting(kind, action, i)
	if err != nil {
		return err
	}
	return a.publish(ctx, a.reports, body)
}

// report is a signed report of the instance.
func (a *account) report(kind message.Kind, i instance) ([]byte, error) { return a.acting(kind, "", i) }

func (a *account) acting(kind message.Kind, action string, i instance) ([]byte, error) {
	r := message.New(kind, message.Source{Account: a.cloud.account, Region: region, Zone: i.zone, Instance: i.id, Type: i.kind, Lifecycle: "spot"}, time.Now(), time.Time{})
	r.Action = action
	document, err := identityDocument(a.cloud.account, i)
	if err != nil {
		return nil, err
	}
	signature, err := lab.signer.sign(document)
	if err != nil {
		return nil, fmt.Errorf("sign for %s: %w", i.id, err)
	}
	r.Identity = message.Identity{Document: document, Signature: signature}
	return r.Encode()
}
