package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// leftovers are the endings of copies that editors and package managers leave
// beside a program.
var leftovers = []string{"~", ".bak", ".orig", ".rpmsave", ".rpmnew", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-tmp", ".swp", ".sample"}

// Programs returns the path itself where it is a file, and the programs in it, in
// the order of names, where it is a directory. Hidden files, left-overs and what
// is not executable are not meant. An empty directory is fs.ErrNotExist too. Where
// this process may not look at one, fs.ErrPermission comes beside the others.
func Programs(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	files, err := os.ReadDir(path) // in the order of names
	var out []string
	for _, f := range files {
		if !meant(f.Name()) {
			continue
		}
		full := filepath.Join(path, f.Name())
		switch is, why := executable(full); {
		case is:
			out = append(out, full)
		case errors.Is(why, fs.ErrPermission):
			err = why
		}
	}
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: no program in it: %w", path, fs.ErrNotExist)
	}
	return out, err
}

func meant(name string) bool {
	for _, end := range leftovers {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	return !strings.HasPrefix(name, ".")
}

// executable follows links. Windows has no such bit; there the name decides
// when it is run.
func executable(path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0), err
}
