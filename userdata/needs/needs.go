// Package needs reads user data for what an instance takes, joins or waits for while it boots: things that a second instance beside it,
// or one that is not yet a member of its group, may not have.
//
// It is pure: it knows no cloud and fetches nothing. What it looks for is a table of markers (see Markers); a marker counts where a shell,
// an interpreter or a daemon would act on it, not in comments and not in what is only printed.
package needs

import (
	"fmt"
	"slices"

	"autospotting/userdata"
)

// Need is something that user data was found to need, and where.
type Need struct {
	Need  string // one of the constants
	Where string // the part and the line: "part 2, line 14", "write_files /opt/boot.sh, line 3", "line 7"
}

// The needs.
const (
	Membership     = "membership"             // the instance asks for its own group, or answers as a member of it
	CloudFormation = "cloudformation-helpers" // cfn-init and the like, which speak for a member of a stack
	LaunchHook     = "launch-hook"            // it completes a lifecycle action by itself
	Address        = "address"                // it takes an Elastic IP address
	Volume         = "volume"                 // it takes an EBS volume
	Interface      = "interface"              // it takes a network interface, or a private address of one
	Route          = "route"                  // it points a route at itself
	DNS            = "dns"                    // it writes a DNS record
	Quorum         = "quorum"                 // it is a server of a cluster that votes or keeps data
	Kubernetes     = "kubernetes"             // it is a node
	ECS            = "ecs"                    // it is a container instance of a cluster
	Runner         = "runner"                 // it runs the jobs of a CI system
	Worker         = "worker"                 // it takes work from a queue
	License        = "license"                // it claims a licence
)

// Unread is what could not be read, so that what it needs cannot be told.
type Unread struct {
	What  string // "include https://example.com/boot.sh"
	Where string
}

// Recognise lists what user data needs, in the order in which it is read, each need once for each place. It never fails: what cannot be
// opened is left out, and Read says so.
func Recognise(userData []byte) []Need {
	found, _ := Read(userData)
	return found
}

// Early lists those of Recognise's needs that arise before a script part runs, and so before spotd's: in bootcmd, a boothook, a part handler,
// nodeadm's configuration, Ignition, the settings of Bottlerocket and Talos. Nothing that spotd's part does can be waited for there.
func Early(userData []byte) []Need { return read(userData).early }

// Read is Recognise, and says what could not be read.
func Read(userData []byte) ([]Need, []Unread) {
	r := read(userData)
	return r.found, r.unread
}

func read(userData []byte) *reader {
	making.Do(makeTable)
	r := &reader{budget: maxText, vars: map[string]string{}, files: map[string]flow{}, gets: map[string]string{}}
	for _, text := range userdata.Texts(userData) {
		p := place{}
		if text.Part > 0 {
			p = p.in(fmt.Sprintf("part %d", text.Part))
		}
		r.open(text.Body, text.Type, p, 0)
	}
	return r
}

// Bounds: user data is 16 KB, but may be compressed.
const (
	maxText  = 256 << 10 // bytes of text in all, decoded ones included
	maxFound = 500
)

// reader collects. Its variables and files are those of the scripts that it has read.
type reader struct {
	found   []Need
	early   []Need // of found
	unread  []Unread
	clocked []string // where something runs by the clock
	first   bool     // what is read now runs before scripts do
	budget  int
	vars    map[string]string
	files   map[string]flow
	gets    map[string]string // files that are fetched, and from where
	groups  [][]flow          // what the groups and loops that are open have printed
	// clusters are the names of ECS clusters that were told; elsewhere says that the agent's settings come from where nobody can look.
	clusters  []string
	elsewhere bool
	// called counts the calls to a launching hook, the last of which stands at hookAt; hooks are those of scripts, and what becomes of those.
	called int
	hookAt string
	hooks  []hookCall
}

// place is where a text stands; line 1 of the text is line first of the place.
type place struct {
	name  string
	first int
}

func (p place) in(name string) place {
	if p.name != "" {
		name = p.name + ", " + name
	}
	return place{name: name}
}

// at is a place whose text begins on the given line of this one.
func (p place) at(line int) place { return place{p.name, p.line(line) - 1} }

func (p place) line(n int) int { return p.first + n }

func (p place) where(line int) string {
	switch {
	case line <= 0 && p.name != "":
		return p.name
	case p.name == "":
		return fmt.Sprintf("line %d", max(1, p.line(line)))
	}
	return fmt.Sprintf("%s, line %d", p.name, p.line(line))
}

func (r *reader) need(need string, p place, line int) {
	n := Need{need, p.where(line)}
	if need == LaunchHook {
		r.called, r.hookAt = r.called+1, n.Where
	}
	if len(r.found) < maxFound && !slices.Contains(r.found, n) {
		r.found = append(r.found, n)
		if r.first {
			r.early = append(r.early, n)
		}
	}
}

func (r *reader) cannot(what string, p place, line int) {
	u := Unread{what, p.where(line)}
	if len(r.unread) < maxFound && !slices.Contains(r.unread, u) {
		r.unread = append(r.unread, u)
	}
}

// take books a text; where there is no room for all of it, its beginning.
func (r *reader) take(text string, p place) string {
	if len(text) > r.budget {
		r.cannot(fmt.Sprintf("more than %d bytes of text", maxText), p, 1)
		text = text[:r.budget]
	}
	r.budget -= len(text)
	return text
}
