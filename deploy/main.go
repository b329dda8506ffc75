// Command deploy installs, shows, updates and removes an installation of autospotting.
package main

import "os"

func main() { os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
