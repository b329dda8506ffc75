// Command broken stands for a new version of spotd that is no good. It is a program and not a script: the kernel opens
// a script's interpreter, which opens the file by its name again, and by then an update may have put another there.
package main

import (
	"os"
	"time"
)

// silent, set by the linker, makes it run and say nothing; else it fails at once.
var silent string

func main() {
	if silent == "" {
		os.Exit(1)
	}
	time.Sleep(100 * time.Second)
}
