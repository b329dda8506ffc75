// Command spotd runs on an instance, watches its metadata and tells the
// coordinator through an SNS topic: that it is up, that it is ready, and that AWS
// is about to take it.
package main

import (
	"os"

	"autospotting/spotd/build"
)

// version is stamped by the linker: -X main.version=v1.2.3.
var version string

func main() {
	build.Stamp = version
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}
