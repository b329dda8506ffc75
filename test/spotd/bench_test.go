package spotd

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/pkg/message"
)

var (
	duration = flag.Duration("spotd.for", 5*time.Minute, "how long memory and CPU are measured")
	dark     = flag.Duration("spotd.outage", 20*time.Second, "how long the metadata does not answer")
	phases   = flag.Int("spotd.phases", 200, "how many notices at random moments")
)

// The bounds: of the binary and of what is resident, in bytes, and of the CPU beside the floor's.
const (
	mostBinary     = 9_000_000
	mostResident   = 11_000_000
	mostTimesFloor = 1.6
)

// BenchmarkBudgets prints what spotd costs beside the floor, all in one run, and fails where that is more than its bounds:
//
//	go test -run '^$' -bench Budgets -timeout 20m ./test/spotd/ [-spotd.for 1m] [-spotd.phases 50]
func BenchmarkBudgets(b *testing.B) {
	for b.Loop() {
		spotd, floor := build(b, "autospotting/spotd"), build(b, "autospotting/test/spotd/floor")
		rows := [][3]string{{"figure", "spotd", "floor"}}
		rows = append(rows, [3]string{"binary, stripped, MB", megabytes(size(b, spotd)), megabytes(size(b, floor))})
		ours, theirs := steady(b, spotd, floor)
		rows = append(rows,
			[3]string{fmt.Sprintf("resident after %v, one publish made, MB", *duration), megabytes(ours.resident), megabytes(theirs.resident)},
			[3]string{"CPU at the default polls, ms a minute", perMinute(ours.cpu), perMinute(theirs.cpu)},
			[3]string{"  times the floor", fmt.Sprintf("%.2f", float64(ours.cpu)/float64(theirs.cpu)), "1"},
			[3]string{"requests to the metadata a minute", fmt.Sprint(ours.requests * int(time.Minute) / int(*duration)), fmt.Sprint(theirs.requests * int(time.Minute) / int(*duration))},
			[3]string{"notice visible to Publish, p50 and p99 over " + fmt.Sprint(*phases), latencies(b, spotd), "-"},
		)
		polls, connections := connections(b, spotd)
		rows = append(rows,
			[3]string{fmt.Sprintf("connections for %d requests", polls), fmt.Sprint(connections), "1"},
			[3]string{fmt.Sprintf("outage of %v, its end to the notice's Publish", *dark), outage(b, spotd).Round(time.Millisecond).String(), "-"},
		)
		for _, r := range rows {
			fmt.Printf("%-52s %18s %10s\n", r[0], r[1], r[2])
		}
		if n := size(b, spotd); n > mostBinary {
			b.Errorf("the binary has %s MB, want %s at most", megabytes(n), megabytes(mostBinary))
		}
		if ours.resident > mostResident {
			b.Errorf("%s MB are resident, want %s at most", megabytes(ours.resident), megabytes(mostResident))
		}
		if times := float64(ours.cpu) / float64(theirs.cpu); times > mostTimesFloor {
			b.Errorf("it takes %.2f times the floor's CPU, want %.1f at most", times, mostTimesFloor)
		}
	}
}

// BenchmarkOutage is the last row alone, for a longer one: -bench Outage -spotd.outage 10m.
func BenchmarkOutage(b *testing.B) {
	spotd := build(b, "autospotting/spotd")
	for b.Loop() {
		fmt.Printf("outage of %v, its end to the notice's Publish: %v\n", *dark, outage(b, spotd).Round(time.Millisecond))
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f", float64(n)/1e6) }

func perMinute(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/1e6*float64(time.Minute)/float64(*duration))
}

func size(b *testing.B, path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

// cost is what a process took during the time measured.
type cost struct {
	resident int64 // at the end, bytes
	cpu      time.Duration
	requests int
}

// steady measures both at once, after the start is over.
func steady(b *testing.B, spotd, floor string) (ours, theirs cost) {
	mine, its, sns := newMetadata(b), newMetadata(b), newTopic(b)
	p := run(b, spotd, mine.URL, sns.URL, "--grace", "24h")
	q := start(b, nil, floor, its.URL, "2s")
	sns.hearKind(b, message.Hello)
	time.Sleep(3 * time.Second)
	begin, beginFloor := cpu(b, p.Process.Pid), cpu(b, q.Process.Pid)
	requests, requestsFloor := mine.requests, its.requests
	time.Sleep(*duration)
	ours = cost{resident(b, p.Process.Pid), cpu(b, p.Process.Pid) - begin, mine.requests - requests}
	theirs = cost{resident(b, q.Process.Pid), cpu(b, q.Process.Pid) - beginFloor, its.requests - requestsFloor}
	return ours, theirs
}

// cpu is the time that the threads of a process have run, to the nanosecond
// (proc(5), schedstat).
func cpu(b *testing.B, pid int) time.Duration {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		b.Fatalf("no /proc/%d: %v", pid, err)
	}
	var sum int64
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum)
}

func resident(b *testing.B, pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	var kib int64
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmRSS:") || strings.HasPrefix(line, "Rss") {
			b.Log(strings.TrimSpace(line))
		}
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			if kib, err = strconv.ParseInt(strings.Fields(value)[0], 10, 64); err != nil {
				b.Fatal(err)
			}
		}
	}
	return kib * 1024
}

// latencies gives each of many daemons a notice at a random moment of its poll.
func latencies(b *testing.B, spotd string) string {
	const atOnce = 20
	var mu sync.Mutex
	var all []time.Duration
	slots := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for range *phases {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			d := latency(b, spotd)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, d)
		})
	}
	running.Wait()
	slices.Sort(all)
	at := func(q float64) time.Duration { return all[int(q*float64(len(all)-1))].Round(time.Millisecond) }
	return fmt.Sprintf("%v, %v", at(0.5), at(0.99))
}

func latency(b *testing.B, spotd string) time.Duration {
	m, sns := newMetadata(b), newTopic(b)
	p := run(b, spotd, m.URL, sns.URL, "--grace", "24h")
	defer p.stop()
	sns.hearKind(b, message.Hello)
	time.Sleep(time.Second + rand.N(2*time.Second))
	m.interrupt()
	began := time.Now()
	sns.hearKind(b, message.Terminating)
	return time.Since(began)
}

// connections counts what a thousand requests take.
func connections(b *testing.B, spotd string) (requests, connections int) {
	m, sns := newMetadata(b), newTopic(b)
	p := run(b, spotd, m.URL, sns.URL, "--grace", "24h", "--poll", "50ms")
	defer p.stop()
	for requests < 1000 {
		time.Sleep(time.Second)
		m.set(func() { requests, connections = m.requests, m.connections })
	}
	return requests, connections
}

// outage measures from the metadata's return to the report of the notice that
// was given meanwhile.
func outage(b *testing.B, spotd string) time.Duration {
	m, sns := newMetadata(b), newTopic(b)
	p := run(b, spotd, m.URL, sns.URL, "--grace", "24h")
	defer p.stop()
	sns.hearKind(b, message.Hello)
	m.set(func() { m.down = true })
	m.interrupt()
	time.Sleep(*dark)
	began := time.Now()
	m.set(func() { m.down = false })
	sns.hearKind(b, message.Terminating)
	return time.Since(began)
}
