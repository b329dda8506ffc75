package books

import (
	"testing"
	"time"
)

// look is one read of desired.
type look struct {
	after time.Duration
	read  int
	old   bool
	want  Verdict
	state DoubtState
}

func TestDesiredIsBelievedWhenItWasReadForLongEnough(t *testing.T) {
	t.Parallel()
	for name, looks := range map[string][]look{
		"what is due needs no second look": {{0, 4, false, Explained, NoDoubt}, {time.Hour, 4, true, Explained, NoDoubt}},
		"another number is believed after half a minute": {{0, 5, false, Wait, Off}, {29 * time.Second, 5, false, Wait, Off},
			{time.Second, 5, false, Departed, Off}},
		"another number yet begins anew":                    {{0, 5, false, Wait, Off}, {20 * time.Second, 6, false, Wait, Off}, {20 * time.Second, 6, false, Wait, Off}, {10 * time.Second, 6, false, Departed, Off}},
		"due again after it was off":                        {{0, 3, false, Wait, Off}, {40 * time.Second, 4, false, Wait, Back}, {29 * time.Second, 4, false, Wait, Back}, {time.Second, 4, true, Returned, Back}},
		"off again after it was back":                       {{0, 3, false, Wait, Off}, {time.Second, 4, false, Wait, Back}, {40 * time.Second, 3, false, Wait, Off}, {30 * time.Second, 3, false, Departed, Off}},
		"due again after an old read":                       {{0, 3, true, Wait, MaybeOld}, {time.Second, 4, false, Wait, Calm}, {29 * time.Second, 4, false, Wait, Calm}, {time.Second, 4, false, Explained, NoDoubt}},
		"off after an old read":                             {{0, 3, true, Wait, MaybeOld}, {time.Second, 4, false, Wait, Calm}, {time.Minute, 5, false, Wait, Off}},
		"old reads end: it is off, since the first of them": {{0, 3, true, Wait, MaybeOld}, {20 * time.Second, 3, false, Wait, Off}, {10 * time.Second, 3, true, Departed, Off}},
		"old reads without end are believed":                {{0, 3, true, Wait, MaybeOld}, {30 * time.Second, 3, true, Departed, MaybeOld}},
		"off, then an old read of the same":                 {{0, 3, false, Wait, Off}, {time.Second, 3, true, Wait, Off}, {time.Second, 4, false, Wait, Back}},
	} {
		b, now := opened(Attached), noon
		for n, l := range looks {
			now = now.Add(l.after)
			if got := b.Read(l.read, l.old, now); got != l.want || b.Doubt().State != l.state || b.Doubted() != (l.state != NoDoubt) {
				t.Errorf("%s, look %d: %s in %q, want %s in %q", name, n, got, b.Doubt().State, l.want, l.state)
			}
		}
	}
}

func TestADoubtIsAboutADifference(t *testing.T) {
	t.Parallel()
	b := opened(Attached)
	b.Read(6, false, noon)
	if d := b.Doubt(); d.More != 2 || !d.Since.Equal(noon) || !d.Believed().Equal(noon.Add(30*time.Second)) {
		t.Errorf("%+v", d)
	}
	b.Open(spot("i-2"), "i-x", 6, noon)
	b.On("i-2", AttachAnswered, noon) // ours: it changes desired and what is due alike
	if v := b.Read(7, false, noon.Add(30*time.Second)); v != Departed {
		t.Errorf("after our own attach it is %s", v)
	}
	b.Trust()
	if b.Doubted() {
		t.Error("trusted and in doubt")
	}
	b = Books{}
	if v := b.Read(6, false, noon); v != Explained || b.Doubted() {
		t.Errorf("with no debt desired is %s", v)
	}
	b = opened(Attaching)
	if v := b.Read(9, false, noon); v != Wait {
		t.Errorf("while an attach may be under way desired is %s", v)
	}
}
