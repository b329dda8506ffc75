package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"autospotting/spotd/proc"
)

// patience is what a probe's program gets between SIGTERM and SIGKILL.
const patience = 2 * time.Second

// httpGet passes on 200 to 399. Errors of the connection and 5xx are tried
// again within the attempt, at growing distance, so that an application that
// just opened its port does not wait for the next one. Redirects are followed.
func httpGet(url string) Probe {
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryMax = 2
	client.RetryWaitMin, client.RetryWaitMax = 200*time.Millisecond, time.Second
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return func(ctx context.Context) error {
		request, err := retryablehttp.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			return err
		}
		request.Header.Set("User-Agent", "spotd-probe")
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		_, _ = io.CopyN(io.Discard, answer.Body, 64*1024)
		client.HTTPClient.CloseIdleConnections() // the probe is over with its first success
		if answer.StatusCode < 200 || answer.StatusCode > 399 {
			return fmt.Errorf("%s: %s", url, answer.Status)
		}
		return nil
	}
}

func dial(address string) Probe {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// systemRunning asks systemd whether the boot is over (systemctl(1),
// "is-system-running"). The exit status follows the word, which is read instead.
func systemRunning(degraded bool) Probe {
	return func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, "systemctl", "is-system-running").Output()
		switch state := strings.TrimSpace(string(out)); {
		case state == "running", degraded && state == "degraded":
			return nil
		case state == "":
			return fmt.Errorf("systemctl is-system-running: %w", err)
		case state == "unknown": // the message bus drops users that it cannot look up
			return errors.New("systemctl is-system-running: unknown: the message bus does not know our account: spotd install with the probe systemd makes one")
		default:
			return fmt.Errorf("systemctl is-system-running: %s", state)
		}
	}
}

// command runs a program, or each program of a directory until one fails. Its
// last line says why.
func command(words []string) Probe {
	return func(ctx context.Context) error {
		paths, err := proc.Programs(words[0])
		for _, path := range paths {
			if err == nil {
				err = one(ctx, path, words[1:])
			}
		}
		return err
	}
}

func one(ctx context.Context, path string, args []string) error {
	last := ""
	err := proc.Run(ctx, proc.Program{Path: path, Args: args, Patience: patience, Output: func(line string) { last = line }})
	if err != nil {
		return fmt.Errorf("%s: %w: %s", path, err, last)
	}
	return nil
}
