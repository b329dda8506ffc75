package message

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	source = Source{
		Account: "123456789012", Region: "eu-west-1", Zone: "eu-west-1a", Instance: "i-0123456789abcdef0",
		Type: "m5.large", Lifecycle: "spot", Group: "web",
	}
)

// sample returns a valid report of each kind.
func sample(kind Kind) Report {
	var deadline time.Time
	switch kind {
	case Terminating:
		deadline = noon.Add(2 * time.Minute)
	case Drained:
		deadline = noon.Add(15 * time.Minute)
	case Maintenance:
		deadline = noon.Add(48 * time.Hour)
	}
	r := New(kind, source, noon.Add(250*time.Millisecond), deadline)
	r.Identity = Identity{Document: "{\n  \"instanceId\" : \"i-0123456789abcdef0\"\n}", Signature: "MIAGCSqG\nSIb3DQEH"}
	switch kind {
	case Terminating:
		r.Action = ActionTerminate
	case Drained:
		r.Action, r.Detail = ActionFailed, "drain handlers that failed: 1 of 2"
	case Maintenance:
		r.Action, r.Detail = "system-reboot", "instance-event-0d59937288b749b32: scheduled reboot"
	}
	return r
}

func TestEveryKindKeepsItsFormOnTheWire(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			got, err := sample(kind).Encode()
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", string(kind)+".json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			back, err := Decode(want)
			if err != nil || back != sample(kind) {
				t.Errorf("decoded %+v, %v", back, err)
			}
		})
	}
}

func TestSayingItAgainKeepsTheID(t *testing.T) {
	first := New(Terminating, source, noon, noon.Add(time.Minute))
	second := New(Terminating, source, noon.Add(time.Second), noon.Add(time.Minute).In(time.FixedZone("", 3600)))
	if first.ID != second.ID {
		t.Errorf("%s and %s", first.ID, second.ID)
	}
}

func TestWhatDiffersHasAnotherID(t *testing.T) {
	seen := map[string]string{}
	for name, id := range map[string]string{
		"base":             ID("i-1", Ready, noon),
		"another instance": ID("i-2", Ready, noon),
		"another kind":     ID("i-1", Hello, noon),
		"another deadline": ID("i-1", Ready, noon.Add(time.Nanosecond)),
		"no deadline":      ID("i-1", Ready, time.Time{}),
	} {
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s share %s", name, other, id)
		}
		seen[id] = name
	}
}

func TestMonotonicReadingsDoNotSurvive(t *testing.T) {
	r := New(Hello, source, time.Now(), time.Time{})
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Decode(b); err != nil || back != r {
		t.Errorf("%+v became %+v, %v", r, back, err)
	}
}

func TestValidateNamesTheFieldThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  Kind
		spoil func(*Report)
		want  error
		place string
	}{
		{"a newer version", Ready, func(r *Report) { r.Version = 2 }, ErrVersion, "version"},
		{"an unknown kind", Ready, func(r *Report) { r.Kind = "sleeping" }, ErrKind, "kind"},
		{"a name for an instance id", Ready, func(r *Report) { r.From.Instance = "web-1" }, ErrMalformed, "from.instance"},
		{"an instance id that Auto Scaling refuses", Ready, func(r *Report) { r.From.Instance = "i-0123456789abcdef01" }, ErrMalformed, "from.instance"},
		{"an instance id of nine digits", Ready, func(r *Report) { r.From.Instance = "i-012345678" }, ErrMalformed, "from.instance"},
		{"an instance id with a line after it", Ready, func(r *Report) { r.From.Instance += "\n" }, ErrMalformed, "from.instance"},
		{"an empty instance id", Ready, func(r *Report) { r.From.Instance = "" }, ErrMalformed, "from.instance"},
		{"an id of another instance", Ready, func(r *Report) { r.From.Instance = "i-0123456789abcdef1" }, ErrMalformed, "id"},
		{"an id of another kind", Hello, func(r *Report) { r.Kind = Ready }, ErrMalformed, "id"},
		{"no moment", Ready, func(r *Report) { r.At = time.Time{} }, ErrMalformed, "at"},
		{"a local moment", Ready, func(r *Report) { r.At = noon.In(time.FixedZone("", 7200)) }, ErrMalformed, "at"},
		{"a moment before computers", Ready, func(r *Report) { r.At = noon.AddDate(-100, 0, 0) }, ErrMalformed, "at"},
		{"terminating without action", Terminating, func(r *Report) { r.Action = "" }, ErrMalformed, "action"},
		{"terminating with an unknown action", Terminating, func(r *Report) { r.Action = "explode" }, ErrMalformed, "action"},
		{"terminating without deadline", Terminating, func(r *Report) { *r = with(New(Terminating, source, noon, time.Time{}), ActionStop) }, ErrMalformed, "deadline"},
		{"a document that is not text", Ready, func(r *Report) { r.Identity.Document = "\xff" }, ErrMalformed, "identity.document"},
		{"a group that is not text", Ready, func(r *Report) { r.From.Group = "\xff" }, ErrMalformed, "from.group"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sample(c.kind)
			c.spoil(&r)
			err := r.Validate()
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "field "+c.place+":") {
				t.Errorf("got %v, want %v at %s", err, c.want, c.place)
			}
			if _, encErr := r.Encode(); encErr == nil {
				t.Error("Encode let it pass")
			}
		})
	}
}

func TestHibernationMayComeWithoutDeadline(t *testing.T) {
	if err := with(New(Terminating, source, noon, time.Time{}), ActionHibernate).Validate(); err != nil {
		t.Error(err)
	}
}

func with(r Report, action string) Report {
	r.Action = action
	return r
}
