// Package probe asks whether the application is up: by a command or a directory
// of scripts, an HTTP URL, a TCP port, or the state of systemd.
package probe

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// attemptTimeout bounds one attempt, so that a probe that hangs is asked anew.
const attemptTimeout = 30 * time.Second

// Probe is one way of asking. A nil error means that the application is up; any
// other says, for the log, why not.
type Probe func(context.Context) error

// Parse reads how to ask. Its forms:
//
//	none               nobody asks; Parse returns nil
//	http://HOST/PATH   a GET that ends with a status from 200 to 399 (or https)
//	tcp:HOST:PORT      a connection is accepted; tcp:PORT is 127.0.0.1
//	systemd            systemctl is-system-running says running
//	systemd:degraded   … or degraded
//	exec:PATH ARG …    a program that exits with 0; words are split at spaces
//	exec:DIR           every program in a directory, in the order of names
//
// Errors name the value and the forms.
func Parse(how string) (Probe, error) {
	scheme, rest, _ := strings.Cut(how, ":")
	switch scheme {
	case "none":
		if how == "none" {
			return nil, nil
		}
	case "http", "https":
		if u, err := url.Parse(how); err == nil && u.Host != "" {
			return httpGet(how), nil
		}
	case "tcp":
		if address, ok := tcpAddress(rest); ok {
			return dial(address), nil
		}
	case "systemd":
		if rest == "" || rest == "degraded" {
			return systemRunning(rest == "degraded"), nil
		}
	case "exec":
		if words := strings.Fields(rest); len(words) > 0 && filepath.IsAbs(words[0]) {
			return command(words), nil
		}
	}
	return nil, fmt.Errorf("%q is no probe: want none, http://HOST/PATH, tcp:PORT, tcp:HOST:PORT, systemd, systemd:degraded or exec:/PATH", how)
}

func tcpAddress(rest string) (string, bool) {
	if !strings.Contains(rest, ":") {
		rest = "127.0.0.1:" + rest
	}
	port, err := strconv.ParseUint(rest[strings.LastIndex(rest, ":")+1:], 10, 16)
	return rest, err == nil && port > 0
}

// Until asks, every so often, until the probe passes or ctx ends; it reports
// which. Each failure goes to failed, which may be nil.
func (p Probe) Until(ctx context.Context, every time.Duration, failed func(error)) bool {
	for {
		began := time.Now()
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := p(attempt)
		cancel()
		if ctx.Err() != nil {
			return false
		}
		if err == nil {
			return true
		}
		if failed != nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Until(began.Add(every))):
		}
	}
}
