package update

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"autospotting/pkg/channel"
)

func TestAnUpdateComesToItsEnd(t *testing.T) {
	t.Parallel()
	f, u := newFake(t)
	finish(t, u, f)
	now := f.versions[latest]
	if f.at() != "v2.0.0 $LATEST" || now.Environment.Variables["A"] != "1" || now.Environment.Variables[varURL] != "https://own/spotd/v2.0.0" {
		t.Errorf("it is %s, told %v", f.at(), now.Environment.Variables)
	}
	if len(f.versions) != 3 {
		t.Errorf("%d versions were published", len(f.versions)-1)
	}
}

// A change may take longer than a tick.
func TestWhileLambdaIsAtWorkTheTickEndsAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	f, u := newFake(t)
	f.slow = looks + 5
	finish(t, u, f)
	if f.at() != "v2.0.0 $LATEST" {
		t.Errorf("it is %s", f.at())
	}
}

func TestAChangeThatLambdaRefusesIsSaid(t *testing.T) {
	t.Parallel()
	f, u := newFake(t)
	now := f.versions[latest]
	now.LastUpdateStatus, now.LastUpdateStatusReason = types.LastUpdateStatusFailed, aws.String("the key is disabled")
	f.versions[latest] = now
	if err := u.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "the key is disabled") {
		t.Errorf("it said %v", err)
	}
}

// Two updaters at once: whatever one does between any two calls of the other, that one writes nothing on what it had read before.
func TestTwoUpdatersAtOnceDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		calls := 0
		for n := 1; calls >= n-1; n++ {
			f, u := newFake(t)
			calls = 0
			f.before = func(string) {
				if calls++; calls != n {
					return
				}
				hook := f.before
				f.before = nil
				defer func() { f.before = hook }()
				if whole {
					finish(t, u, f)
				} else if err := u.Tick(t.Context()); err != nil {
					t.Fatalf("the one in between, before call %d: %v", n, err)
				}
			}
			if err := u.Tick(t.Context()); err != nil && !overtaken(err) {
				t.Errorf("before call %d: %v", n, err)
			}
			if whole && calls >= n && f.at() != "v2.0.0 $LATEST" {
				t.Errorf("before call %d the other one finished, and now it is %s, %s", n, f.at(), *f.alias.Description)
			}
			f.before = nil
			finish(t, u, f)
			if f.at() != "v2.0.0 $LATEST" || strings.Contains(*f.alias.Description, "failed") {
				t.Errorf("before call %d: it is %s, %s", n, f.at(), *f.alias.Description)
			}
		}
		if calls < 15 {
			t.Fatalf("only %d calls", calls)
		}
	}
}

// overtaken tells whether Lambda refused what was meant for another state.
func overtaken(err error) bool {
	var written *types.PreconditionFailedException
	var changed *types.InvalidParameterValueException
	return errors.As(err, &written) || errors.As(err, &changed)
}

// An owner who installs between our look and our call is not overwritten.
func TestAnOwnersChangeInBetweenStays(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"UpdateFunctionConfiguration", "UpdateFunctionCode", "PublishVersion", "UpdateAlias"} {
		f, u := newFake(t)
		f.before = func(called string) {
			if called != operation {
				return
			}
			f.before = nil
			now := f.versions[latest]
			now.Description, now.CodeSha256, now.RevisionId = aws.String("AutoSpotting v1.0.0"), aws.String(lambdaSum([]byte("v1.0.0"))), f.next()
			now.Environment = &types.EnvironmentResponse{Variables: map[string]string{"A": "2", varURL: "https://own/spotd/v1.0.0"}}
			f.versions[latest] = now
		}
		if err := u.Tick(t.Context()); err != nil && !overtaken(err) {
			t.Errorf("%s: %v", operation, err)
		}
		for range 3 { // it gives way, and begins again
			finish(t, u, f)
		}
		if now := f.versions[latest]; f.at() != "v2.0.0 $LATEST" || now.Environment.Variables["A"] != "2" {
			t.Errorf("%s: it is %s, told %v", operation, f.at(), now.Environment.Variables)
		}
	}
}

// Settings that cannot be decrypted look like none: written back, they would be lost.
func TestSettingsThatCannotBeReadAreNotWritten(t *testing.T) {
	t.Parallel()
	f, u := newFake(t)
	f.settings = &types.EnvironmentResponse{Error: &types.EnvironmentError{ErrorCode: aws.String("AccessDenied"), Message: aws.String("kms:Decrypt is denied")}}
	if err := u.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "kms:Decrypt is denied") {
		t.Errorf("it said %v", err)
	}
	if f.at() != "v1.0.0 $LATEST" || len(f.versions) != 1 {
		t.Errorf("it is %s", f.at())
	}
}

// Only what the new version itself does wrong is held against it.
func TestAnErrorOnTheWayIsNoReasonToGoBack(t *testing.T) {
	t.Parallel()
	for _, operation := range strings.Fields("GetAlias GetFunctionConfiguration GetObject DescribeAlarms PublishVersion UpdateAlias UpdateFunctionConfiguration UpdateFunctionCode Invoke") {
		f, u := newFake(t)
		broken := errors.New("connection reset by peer")
		f.fails[operation] = broken
		if err := u.Tick(t.Context()); !errors.Is(err, broken) {
			t.Errorf("%s: %v", operation, err)
		}
		finish(t, u, f)
		if f.at() != "v2.0.0 $LATEST" || strings.Contains(*f.alias.Description, "failed") {
			t.Errorf("%s: it is %s, %s", operation, f.at(), *f.alias.Description)
		}
	}
}

func TestWhatIsRememberedFitsAndIsUnderstood(t *testing.T) {
	t.Parallel()
	f, u := newFake(t)
	a, err := u.alias(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	long := state{Serial: 1 << 60, Version: strings.Repeat("v", 100), Failed: true, Phase: preparing, Old: "1000000", New: "1000001"}
	if _, err := u.point(t.Context(), a, "1", nil, long); err != nil {
		t.Errorf("the longest: %v", err)
	}
	for description, wrong := range map[string]bool{"": false, "the owner's words": false, "{": true, `{"phase":"dance"}`: true} {
		f.alias.Description = &description
		if err := u.Tick(t.Context()); (err != nil) != wrong {
			t.Errorf("%q: %v", description, err)
		}
		f, u = newFake(t)
	}
	if version, phase := Remembered("the owner's words"); version != "" || phase != "" {
		t.Errorf("%s, %s", version, phase)
	}
}

func TestWhatInstancesGetIsThatOfTheRelease(t *testing.T) {
	t.Parallel()
	u := &Updater{Releases: "https://own/spotd"}
	m := channel.Manifest{Version: "v2", Artifacts: []channel.Artifact{{Kind: channel.Spotd, OS: "linux", Arch: "amd64", SHA256: "aa"}, {Kind: channel.Deb, OS: "linux", Arch: "amd64", SHA256: "cc"}, {Kind: channel.Spotd, OS: "windows", Arch: "amd64", SHA256: "bb"}}}
	got := u.told(map[string]string{varURL: "https://own/spotd/v1", varSums: "old", "A": "1"}, m)
	if got[varURL] != "https://own/spotd/v2" || got[varSums] != "amd64=aa,windows-amd64=bb" || got["A"] != "1" {
		t.Errorf("told %v", got)
	}
	for _, own := range []string{"", "https://example.com/spotd/v1"} {
		if got := u.told(map[string]string{varURL: own, varSums: "old"}, m); got[varURL] != own || got[varSums] != "old" {
			t.Errorf("%q: told %v", own, got)
		}
	}
}
