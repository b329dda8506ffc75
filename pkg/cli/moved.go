package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Operator is the name of the operator's program.
const Operator = "spotctl"

// Moved becomes the operator's program, which lies beside this one, for a command that was this program's before. It says so on
// standard error, and returns only if it cannot.
func Moved(program string, args []string, st Streams) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find %s beside this program: %w", Operator, err)
	}
	other := Beside(self, Operator)
	verb := ""
	if len(args) > 0 {
		verb = " " + args[0]
	}
	if _, err := os.Stat(other); err != nil {
		return fmt.Errorf("%s%s is %s%s now, and there is no %s: make build in a checkout of autospotting makes bin/%s; put it there, or run it by itself", program, verb, Operator, verb, other, Operator)
	}
	fmt.Fprintf(st.Err, "%s%s is %s%s now: the old name goes with the next release\n", program, verb, Operator, verb)
	err = syscall.Exec(other, append([]string{other}, args...), os.Environ())
	return fmt.Errorf("run %s: %w: run it by itself", other, err)
}

// Beside is where a program lies that was built together with this one.
func Beside(self, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(filepath.Dir(self), name)
}
