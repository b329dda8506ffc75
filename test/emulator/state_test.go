package emulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dytypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// look is what a group and everything around it came to, read from the emulator as it is.
type look struct {
	group                 group
	spot, onDemand        []string // members by market
	loose                 []string // live instances of ours that are no members
	zones                 map[string]int
	unfinished, hasRecord bool
	body                  string // of the ledger record
	protected             []string
}

func (a *account) look(ctx context.Context, name string) (look, error) {
	groups, err := a.groups(ctx)
	if err != nil {
		return look{}, err
	}
	at := slices.IndexFunc(groups, func(g group) bool { return g.Name == name })
	if at < 0 {
		return look{}, fmt.Errorf("there is no group %q", name)
	}
	all, err := a.instances(ctx)
	if err != nil {
		return look{}, err
	}
	l := look{group: groups[at], zones: map[string]int{}}
	for _, m := range l.group.Members {
		i := all[m.ID]
		l.zones[i.zone]++
		if m.Protected {
			l.protected = append(l.protected, m.ID)
		}
		if i.spot {
			l.spot = append(l.spot, m.ID)
		} else {
			l.onDemand = append(l.onDemand, m.ID)
		}
	}
	for id, i := range all {
		if i.ours() && i.live() && !l.group.has(id) {
			l.loose = append(l.loose, id)
		}
	}
	slices.Sort(l.loose)
	return l, a.readRecord(ctx, name, &l)
}

func (a *account) readRecord(ctx context.Context, name string, l *look) error {
	out, err := a.dynamo.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true),
		Key: map[string]dytypes.AttributeValue{"asg": &dytypes.AttributeValueMemberS{Value: name}}})
	if err != nil {
		return err
	}
	l.hasRecord = len(out.Item) > 0
	if b, ok := out.Item["unfinished"].(*dytypes.AttributeValueMemberBOOL); ok {
		l.unfinished = b.Value
	}
	if s, ok := out.Item["body"].(*dytypes.AttributeValueMemberS); ok {
		l.body = s.Value
	}
	return nil
}

// unlike tells what is missing to the end of every story: as many members as before, all of them spot, limits as the
// owner set them, nothing loose, nothing owed. Empty if nothing is.
func (l look) unlike(want size) string {
	var wrong []string
	say := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	g := l.group
	say(g.Min == want.min && g.Desired == want.desired && g.Max == want.max, "size %d/%d/%d, want %v", g.Min, g.Desired, g.Max, want)
	say(len(l.spot) == want.desired, "%d spot members, want %d", len(l.spot), want.desired)
	say(len(l.onDemand) == 0, "on-demand members %v", l.onDemand)
	say(len(l.loose) == 0, "loose instances %v", l.loose)
	say(len(l.protected) == 0, "members still protected %v", l.protected)
	say(l.hasRecord && !l.unfinished, "the ledger record is open or missing: %s", l.body)
	return strings.Join(wrong, "; ")
}

// until looks until what says nothing is missing, or fails the test when patience ends.
func (a *account) until(name string, missing func(look) string) look {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	l, err := a.await(ctx, name, missing)
	if err != nil {
		a.t.Fatalf("%v\nasked so far: %s", err, strings.Join(a.requests(), ", "))
	}
	return l
}

// await looks until what says nothing is missing. Its error says what was missing last.
func (a *account) await(ctx context.Context, name string, missing func(look) string) (look, error) {
	last, quiet := "nothing was read", 0
	for {
		changed := a.changed.wait()
		l, err := a.look(ctx, name)
		if err == nil {
			if last = missing(l); last == "" {
				return l, nil
			}
		}
		again := time.NewTimer(lookAtLeast)
		select {
		case <-ctx.Done():
			again.Stop()
			return l, fmt.Errorf("group %s: %s (%v)", name, last, err)
		case <-changed:
			quiet = 0
			settle(ctx)
		case <-again.C:
			if quiet++; quiet > 3 || a.queues.idle() { // the coordinator waits for a time to come
				a.leave()
			}
		}
		again.Stop()
	}
}

// lookAtLeast is how often a test looks at a group in which nothing changes. It shares the emulator's one processor with
// what it tests, so it mostly waits to be told.
const lookAtLeast = 2 * time.Second

// settle lets writes that follow one another come to an end: between them nothing is missing less, and a look costs the
// emulator more than they do.
func settle(ctx context.Context) {
	t := time.NewTimer(lookAtMost)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// lookAtMost is how often a test looks at a group in which much changes.
const lookAtMost = 300 * time.Millisecond

// settles waits until the group is all spot and as its owner made it.
func (a *account) settles(name string, want size) look {
	a.t.Helper()
	return a.until(name, func(l look) string { return l.unlike(want) })
}
