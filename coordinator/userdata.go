package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"autospotting/userdata"
)

// runUserdata works on raw bytes, as cloud-init sees them, not on base64.
func runUserdata(_ context.Context, args []string, st streams) error {
	if len(args) > 0 && strings.TrimLeft(args[0], "-") == "help" || len(args) > 0 && args[0] == "-h" {
		_, err := fmt.Fprintln(st.out, "usage: coordinator userdata inject|remove|show [flags] < user-data\ninject --help shows the flags of inject and show.")
		return err
	}
	if len(args) == 0 {
		return fmt.Errorf("%w: inject, remove or show", errUsage)
	}
	var s userdata.Settings
	var sums string
	fs := flag.NewFlagSet("userdata "+args[0], flag.ContinueOnError)
	if args[0] != "remove" {
		fs.StringVar(&s.Topic, "topic", "", "ARN of the reports topic")
		fs.StringVar(&s.Group, "group", "", "name of the Auto Scaling group")
		fs.DurationVar(&s.Grace, "grace", 5*time.Minute, "from launch to ready")
		fs.StringVar(&s.ReleaseURL, "release-url", "", "prefix of the downloads")
		fs.StringVar(&sums, "sha256", "", "amd64=HEX,arm64=HEX")
	}
	if err := parse(fs, args[1:], st); err != nil {
		return err
	}
	var err error
	if s.SHA256, err = parseSums(sums); err != nil {
		return err
	}
	in, err := io.ReadAll(st.in)
	if err != nil {
		return fmt.Errorf("read user data from standard input: %w", err)
	}
	switch args[0] {
	case "inject":
		return injectUserdata(in, s, st)
	case "remove":
		_, err = st.out.Write(userdata.Remove(in))
		return err
	case "show":
		return showUserdata(in, s, st)
	}
	return fmt.Errorf("%w: no command userdata %q: inject, remove or show", errUsage, args[0])
}

func injectUserdata(in []byte, s userdata.Settings, st streams) error {
	out, note, err := userdata.Inject(in, s)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if note != "" {
		fmt.Fprintln(st.err, note)
	}
	_, err = st.out.Write(out)
	return err
}

// showUserdata prints what was found, and what injecting with the given settings, if any, would do.
func showUserdata(in []byte, s userdata.Settings, st streams) error {
	info := userdata.Show(in)
	doc := map[string]any{
		"format": info.Format, "parts": info.Parts, "size": info.Size, "limit": userdata.Limit,
		"compressed": info.Compressed, "injected": info.Injected,
	}
	if info.Injected {
		doc["settings"] = info.Settings
	}
	if s.Topic != "" {
		out, note, err := userdata.Inject(in, s)
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		doc["would_be"], doc["note"] = len(out), note
	}
	return json.NewEncoder(st.out).Encode(doc)
}
