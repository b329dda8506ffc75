// Command spotctl is the operator's: it installs, shows, updates and removes an installation of autospotting, tells what it
// would do and save, and shows it on a simulated cloud.
package main

import "os"

func main() { os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
