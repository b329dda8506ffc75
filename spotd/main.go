// Command spotd runs on an instance, watches its metadata and tells the
// coordinator through an SNS topic: that it is up, that it is ready, and that AWS
// is about to take it.
package main

import "os"

func main() {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}
