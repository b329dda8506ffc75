package books

import "time"

// DoubtState says what was last read of desired.
type DoubtState string

// The states of a doubt.
const (
	NoDoubt  DoubtState = ""          // desired is what is due, and nothing else was read lately
	Off      DoubtState = "off"       // it is read as another number than the one due
	MaybeOld DoubtState = "maybe-old" // so too, but our own last calls may be the whole difference
	Back     DoubtState = "back"      // it is due again after it was off: somebody may have named the very number
	Calm     DoubtState = "calm"      // it is due again after a read that may only have been old
)

// Doubt is a desired capacity that is read and not believed before it is read again later.
type Doubt struct {
	State DoubtState
	// More is by how much desired is above the one due, negative where it is below. What we add ourselves meanwhile changes both, and so not this.
	More  int
	Since time.Time
}

// believedAfter is how long the same number must be read before it is believed.
const believedAfter = 30 * time.Second

// Believed is when the number will have been read for long enough.
func (d Doubt) Believed() time.Time { return d.Since.Add(believedAfter) }

// Doubt is what is not believed yet of desired.
func (b Books) Doubt() Doubt { return b.doubt }

// Doubted tells whether desired was lately read as another number than the one due, and why is not known.
func (b Books) Doubted() bool { return b.doubt.State != NoDoubt }

// Trust ends a doubt whose reason is known.
func (b *Books) Trust() { b.doubt = Doubt{} }

// Verdict is what is to be thought of a desired capacity that was read.
type Verdict string

// The verdicts.
const (
	Explained Verdict = "explained" // it is what is due
	Wait      Verdict = "wait"      // until Doubt.Believed
	Departed  Verdict = "departed"  // it is another number for good
	Returned  Verdict = "returned"  // it was another number for a while, and is the one due again
)

// Read takes desired as it was read now. maybeOld says that the read may be older than our last calls, and they the whole difference to what is
// due. The doubt stands until Trust, Void or Rebase answers the verdict.
func (b *Books) Read(desired int, maybeOld bool, now time.Time) Verdict {
	if !b.Any() {
		return Explained // and nothing is in doubt then
	}
	b.doubt = b.doubt.next(desired-b.Due(), maybeOld, now)
	switch d := b.doubt; {
	case d.State == NoDoubt:
		return Explained
	case now.Before(d.Believed()):
		return Wait
	case d.State == Calm:
		b.doubt = Doubt{}
		return Explained
	case d.State == Back:
		return Returned
	}
	return Departed
}

// next is the doubt after another read.
func (d Doubt) next(more int, maybeOld bool, now time.Time) Doubt {
	off := Off
	if maybeOld {
		off = MaybeOld
	}
	switch {
	case more == 0 && d.State == MaybeOld:
		return Doubt{State: Calm, Since: now}
	case more == 0 && d.State == Off:
		return Doubt{State: Back, Since: now}
	case d.More != more: // which is 0 in the states in which desired is due
		return Doubt{State: off, More: more, Since: now}
	case more != 0 && !maybeOld:
		d.State = Off
	}
	return d
}
