package artifact

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxZip is the most that a function's zip may weigh, bytes, by Go's word for the architecture: what is larger starts slower.
var MaxZip = map[string]int64{"arm64": 6_900_000, "amd64": 7_600_000}

// Source is the checkout that is built.
type Source struct {
	Dir     string // its root
	Version string
	Time    time.Time // of the commit
	Arch    string    // builds for this one only, in Go's word; empty is all
}

// Checkout finds out version and time of a checkout from git; SOURCE_DATE_EPOCH, seconds, wins over the commit's time.
func Checkout(ctx context.Context, dir string) (Source, error) {
	s := Source{Dir: dir}
	version, err := git(ctx, dir, "describe", "--tags", "--always", "--dirty")
	if err != nil {
		return s, err
	}
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		if seconds, err = git(ctx, dir, "log", "-1", "--format=%ct"); err != nil {
			return s, err
		}
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return s, fmt.Errorf("SOURCE_DATE_EPOCH %q: write seconds since 1970", seconds)
	}
	s.Version, s.Time = version, time.Unix(n, 0).UTC()
	return s, nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s in %s: %w: run it in a checkout of autospotting, or give --version of what is packaged already", args[0], dir, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// target is one file that is built.
type target struct{ kind, goos, arch string }

var targets = []target{
	{Function, "linux", "arm64"}, {Function, "linux", "amd64"},
	{Spotd, "linux", "amd64"}, {Spotd, "linux", "arm64"}, {Spotd, "windows", "amd64"},
}

func (t target) key(version string) string {
	if t.kind == Function {
		return path.Join("function", version, "coordinator-"+strings.Replace(t.arch, "amd64", "x86_64", 1)+".zip")
	}
	name := "spotd-" + t.goos + "-" + t.arch
	if t.goos == "windows" {
		name += ".exe"
	}
	return path.Join("spotd", version, name)
}

// Build makes every artefact of these kinds below dist, all if none is named, and the manifest of all that is there.
func Build(ctx context.Context, s Source, dist string, tell func(string, ...any), kinds ...string) (Manifest, error) {
	m := Manifest{Version: s.Version, Time: s.Time}
	for _, t := range targets {
		name := filepath.Join(dist, filepath.FromSlash(t.key(s.Version)))
		if (len(kinds) == 0 || slices.Contains(kinds, t.kind)) && (s.Arch == "" || s.Arch == t.arch) {
			tell("building %s", t.key(s.Version))
			if err := build(ctx, s, t, name); err != nil {
				return m, err
			}
		} else if _, err := os.Stat(name); err != nil {
			continue
		}
		sum, n, err := sumOf(name)
		if err != nil {
			return m, err
		}
		if t.kind == Function && n > MaxZip[t.arch] {
			return m, fmt.Errorf("%s weighs %d bytes, more than %d: go tool nm -size -sort size names what is new in it", name, n, MaxZip[t.arch])
		}
		m.Artifacts = append(m.Artifacts, Artifact{t.key(s.Version), t.kind, t.goos, t.arch, sum, n})
	}
	return m, write(filepath.Join(dist, filepath.FromSlash(m.Key())), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

// build compiles one program. Nothing of the place or the time goes into it.
func build(ctx context.Context, s Source, t target, name string) error {
	binary := name
	command := "./spotd"
	if t.kind == Function {
		binary, command = name+".bootstrap", "./coordinator"
		defer os.Remove(binary)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w -X main.version="+s.Version, "-o", binary, command)
	if abs, err := filepath.Abs(binary); err == nil {
		cmd.Args[len(cmd.Args)-2] = abs
	}
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), "GOOS="+t.goos, "GOARCH="+t.arch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s/%s: %w\n%s", command, t.goos, t.arch, err, out)
	}
	if t.kind != Function {
		return os.Chtimes(name, s.Time, s.Time)
	}
	code, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	if err := write(name, func(w io.Writer) error { return pack(w, code, s.Time) }); err != nil {
		return err
	}
	return os.Chtimes(name, s.Time, s.Time)
}

// pack writes a zip of the one file that Lambda starts.
func pack(w io.Writer, code []byte, at time.Time) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: at}
	h.SetMode(0o755)
	f, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, bytes.NewReader(code)); err != nil {
		return err
	}
	return z.Close()
}

// write makes a file whole or not at all.
func write(name string, content func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".half-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := content(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Count is how many files a whole version has.
var Count = len(targets)
