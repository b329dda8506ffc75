package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"autospotting/coordinator/lab/demo"
)

// runDemo plays the product's main job on the simulated cloud.
func runDemo(ctx context.Context, args []string, st streams) error {
	opt := demo.Options{Timeline: st.err}
	var format string
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.Int64Var(&opt.Seed, "seed", 1, "decides boot times, prices, and who is interrupted")
	fs.BoolVar(&opt.Virtual, "virtual", false, "in virtual time, with a model of spotd: the same seed gives the same transcript")
	fs.StringVar(&opt.Spotd, "spotd", besideUs("spotd"), "the spotd binary")
	fs.StringVar(&format, "format", "text", "text or json")
	if err := parse(fs, args, st); err != nil {
		return err
	}
	if format != "text" && format != "json" {
		return fmt.Errorf("%w: --format %q: write text or json", errUsage, format)
	}
	result, err := demo.Run(ctx, opt)
	if err != nil {
		return fmt.Errorf("seed %d: %w", opt.Seed, err)
	}
	if format == "json" {
		return json.NewEncoder(st.out).Encode(result)
	}
	result.Table(st.out)
	return nil
}

// besideUs finds a binary in the directory of this one.
func besideUs(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}
