// Command coordinator replaces on-demand instances of Auto Scaling groups by compatible, cheaper spot instances, and
// keeps the groups whole when AWS takes one away. The same binary runs as a Lambda function, as a process that
// polls the two queues, and for one event from a file.
package main

import "os"

func main() {
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
