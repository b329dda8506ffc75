package sample

import (
	"errors"
	"testing"
	"time"
)

func TestFirst(t *testing.T) {
	for n, want := range map[int]string{4: "even", 2: "even", 7: "seven", 9: ""} {
		if got := First(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestGrade(t *testing.T) {
	for n, want := range map[int]string{9: "low", 10: "middle", 200: "high"} {
		if got := Grade(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestClauses(t *testing.T) {
	if Both(false, true) || !Both(true, true) {
		t.Error("both")
	}
	if Either(false, false) || !Either(true, false) || !Either(false, true) {
		t.Error("either")
	}
}

func TestQuarter(t *testing.T) {
	if n, err := Quarter(8); n != 2 || err != nil {
		t.Error(n, err)
	}
	if _, err := Quarter(3); !errors.Is(err, ErrOdd) {
		t.Error(err)
	}
}

func TestAccount(t *testing.T) {
	var a Account
	a.Put(3)
	a.Put(4)
	if a.Balance != 7 {
		t.Error(a.Balance)
	}
	a.Close()
	if a.Balance != 0 {
		t.Error(a.Balance)
	}
	a.Put(1)
	a.Close()
	if a.Balance != 1 {
		t.Error(a.Balance)
	}
}

func TestMoments(t *testing.T) {
	at := time.Unix(0, 0)
	if Late(at, at) || !Late(at.Add(1), at) {
		t.Error("late")
	}
	if !Early(at, at.Add(time.Hour)) || Early(at.Add(time.Hour), at) {
		t.Error("early")
	}
}
