package outbox

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
)

// hang makes the disk hang until release is called.
func hang(o *Outbox) (release func()) {
	hanging := make(chan struct{})
	o.writer.last = hanging
	return func() { close(hanging) }
}

func TestADiskThatHangsCostsANoticeAMomentAndItsWatcherNothing(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		p := &topic{}
		o := Open(dir, p, zerolog.Nop(), nil)
		release := hang(o)
		began := time.Now()
		o.Mark("said-v1")
		o.Put("terminating-terminate", report(message.Terminating, began.Add(2*time.Minute)))
		if took := time.Since(began); took != 0 {
			t.Errorf("the watcher waited %v", took)
		}
		synctest.Wait()
		if got := p.kinds(); len(got) != 0 {
			t.Errorf("%q published before the disk had its time", got)
		}
		time.Sleep(slowDisk)
		synctest.Wait()
		if got := p.kinds(); !slices.Equal(got, []string{"terminating"}) {
			t.Errorf("published %q", got)
		}
		release()
		o.Close(time.Second)
		for name, want := range map[string]bool{"said-v1.said": true, "terminating-terminate.said": true, "terminating-terminate.json": false} {
			if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestClosingDoesNotWaitForADiskThatHangs(t *testing.T) {
	dir := lifeDir(t)
	synctest.Test(t, func(t *testing.T) {
		o := Open(dir, &topic{answer: never}, zerolog.Nop(), nil)
		release := hang(o)
		o.Put("hello", report(message.Hello, time.Time{}))
		began := time.Now()
		o.Close(2 * time.Second)
		if took := time.Since(began); took > 2*time.Second+lastWrite {
			t.Errorf("took %v", took)
		}
		release()
	})
}

func TestWhatIsWrittenIsWrittenInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w writer
		var got []int
		for i := range 5 {
			w.do(func() { time.Sleep(time.Duration(5-i) * time.Second); got = append(got, i) })
		}
		<-w.done()
		if !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
			t.Errorf("written in the order %v", got)
		}
	})
}
