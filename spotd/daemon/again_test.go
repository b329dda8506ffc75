package daemon

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/spotd/fakes"
)

// again is a life that follows another.
func again(b *bed, pending time.Time) {
	b.metadata.Set(func(m *fakes.Metadata) {
		m.Items["dynamic/instance-identity/document"] = fakes.NewMetadata(pending).Items["dynamic/instance-identity/document"]
	})
}

func (b *bed) peace() {
	b.metadata.Set(func(m *fakes.Metadata) { delete(m.Items, "meta-data/spot/instance-action") })
}

func (b *bed) hibernate() {
	b.metadata.Set(func(m *fakes.Metadata) { m.Items["meta-data/spot/instance-action"] = `{"action":"hibernate"}` })
}

func TestAHibernatedInstanceThatRunsAgainTellsEverythingAgain(t *testing.T) {
	dir, mark := handler(t, "")
	first := []string{"hello", "ready", "terminating"}
	for _, c := range []struct {
		name   string
		resume func(*bed) // from the notice on
		within time.Duration
		want   []string // of the second life
	}{
		{"a new pendingTime, at once", func(b *bed) { again(b, time.Now()); b.peace() }, 10 * time.Second, first},
		{"a new pendingTime, and the next notice at once", func(b *bed) { again(b, time.Now()) }, time.Minute, []string{"terminating", "hello"}},
		{"the same pendingTime", func(b *bed) { b.peace() }, 10 * time.Second, first},
		{"after an outage", func(b *bed) {
			b.metadata.Set(func(m *fakes.Metadata) { m.Hang = true })
			b.pass(time.Minute)
			b.peace()
			b.metadata.Set(func(m *fakes.Metadata) { m.Hang = false })
		}, 10 * time.Second, first},
		{"a restart of the daemon meanwhile", func(b *bed) { b.end(); again(b, time.Now()); b.peace(); b.start() }, 10 * time.Second, first},
		{"a restart, and the same pendingTime", func(b *bed) { b.end(); b.peace(); b.start() }, 10 * time.Second, first},
	} {
		t.Run(c.name, func(t *testing.T) {
			os.Remove(mark)
			inBubble(t, time.Minute, func(b *bed) { b.flags = []string{"--grace", "1s", "--handlers", dir} }, func(b *bed) {
				b.pass(2 * time.Second)
				b.hibernate()
				b.pass(2 * time.Second)
				wantSorted(b, first...)
				c.resume(b)
				b.pass(c.within)
				b.hibernate()
				b.pass(5 * time.Second)
				wantSorted(b, slices.Concat(first, c.want)...)
				if got := lines(mark); len(got) != 2 {
					t.Errorf("handlers ran: %q", got)
				}
				b.pass(time.Hour)
				wantSorted(b, slices.Concat(first, c.want)...)
			})
		})
	}
}

// wantSorted says what arrived, in any order.
func wantSorted(b *bed, kinds ...string) {
	b.t.Helper()
	got := b.sink.Kinds(b.t)
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(kinds)); !slices.Equal(got, want) {
		b.t.Errorf("arrived %q, want %q\n%s", got, want, b.log)
	}
}

func TestWhatLooksLikeAnotherLifeAndIsNoneRepeatsNothing(t *testing.T) {
	const document, signature = "dynamic/instance-identity/document", "dynamic/instance-identity/rsa2048"
	for _, c := range []struct {
		name   string
		change func(m *fakes.Metadata)
	}{
		{"a document that is a page", func(m *fakes.Metadata) { m.Items[document] = "<html>" }},
		{"a document without an instance", func(m *fakes.Metadata) { m.Items[document] = `{"pendingTime":"2001-01-01T00:00:00Z"}` }},
		{"no document", func(m *fakes.Metadata) { delete(m.Items, document) }},
		{"another document without a signature", func(m *fakes.Metadata) {
			m.Items[document] = fakes.NewMetadata(time.Now()).Items[document]
			delete(m.Items, signature)
		}},
		{"the same in other words", func(m *fakes.Metadata) { m.Items[document] += "\n" }},
		{"another signature of the same", func(m *fakes.Metadata) { m.Items[signature] = "MIIanother" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, 10*time.Minute, nil, func(b *bed) {
				b.pass(time.Second)
				b.metadata.Set(c.change)
				b.pass(5 * time.Minute)
				wantSorted(b, "hello", "ready")
				b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
				b.pass(2 * time.Second)
				wantSorted(b, "hello", "ready", "terminating")
			})
		})
	}
}

func TestASignatureThatWasMissingAtFirstIsToldWithEverythingAgain(t *testing.T) {
	const signature = "dynamic/instance-identity/rsa2048"
	inBubble(t, 10*time.Minute, func(b *bed) { delete(b.metadata.Items, signature) }, func(b *bed) {
		b.pass(time.Second)
		wantSorted(b, "hello", "ready")
		b.metadata.Set(func(m *fakes.Metadata) { m.Items[signature] = "MIIsigned" })
		b.pass(2 * time.Minute)
		wantSorted(b, "hello", "hello", "ready", "ready")
		if got := b.sink.Reports()[3]; got.Identity.Signature != "MIIsigned" {
			t.Errorf("told without it: %+v", got)
		}
	})
}

// manager is systemd, as far as it hears of a service. It lives outside of the bubble.
type manager struct {
	*net.UnixConn
	pets chan int // how often the watchdog was petted, up to each question
}

func newManager(t *testing.T) *manager {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "20000000")
	m := &manager{conn, make(chan int)}
	go func() {
		pets, buffer := 0, make([]byte, 1000)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			switch told := string(buffer[:n]); {
			case told == "how often?":
				m.pets <- pets
				pets = 0
			case strings.Contains(told, "WATCHDOG=1"):
				pets++
			}
		}
	}()
	return m
}

// petted says how often the watchdog was since the last time.
func (m *manager) petted(t *testing.T) int {
	t.Helper()
	conn, err := net.DialUnix("unixgram", nil, m.LocalAddr().(*net.UnixAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("how often?")); err != nil {
		t.Fatal(err)
	}
	return <-m.pets
}

func TestTheWatchdogIsPettedOnlyOnceSomethingWasRead(t *testing.T) {
	m := newManager(t)
	inBubble(t, time.Minute, func(b *bed) { b.metadata.Hang = true }, func(b *bed) {
		b.pass(time.Minute)
		if n := m.petted(t); n != 0 {
			t.Errorf("petted %d times without having read anything", n)
		}
		b.metadata.Set(func(m *fakes.Metadata) { m.Hang = false })
		b.pass(time.Minute)
		if n := m.petted(t); n < 6 {
			t.Errorf("petted %d times in a minute", n)
		}
		b.metadata.Set(func(m *fakes.Metadata) { m.Hang = true }) // it was read once: this is an outage
		b.pass(time.Minute)
		if n := m.petted(t); n < 6 {
			t.Errorf("petted %d times in a minute of an outage", n)
		}
	})
}
