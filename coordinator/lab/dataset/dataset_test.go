package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"autospotting/coordinator/market"
)

const history = `instance_type,availability_zone,timestamp,spot_price
m5.large,us-east-1a,2021-03-02T14:45:01Z,0.0335
m5.large,us-east-1a,2021-03-04T00:00:00Z,0.0340
m5.large,us-east-1a,2021-03-03T14:45:13Z,0.0335
c5.large,us-east-1b,2021-03-02T14:45:01Z,0.0300
`

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func zipped(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPricesAreReadWhateverTheFileIsCalled(t *testing.T) {
	t.Parallel()
	noHeader := history[strings.Index(history, "\n")+1:]
	for name, content := range map[string][]byte{
		"plain.csv": []byte(history), "zipped.csv": zipped(t, history), "plain.gz": []byte(history),
		"no-header.csv": []byte(noHeader), "other-order.csv": []byte("timestamp,spot_price,instance_type,availability_zone\n2021-03-02T14:45:01Z,0.0335,m5.large,us-east-1a\n2021-03-04 00:00:00,0.034,m5.large,us-east-1a\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Load(Files{Prices: []string{write(t, name, content)}})
			if err != nil {
				t.Fatal(err)
			}
			got := d.Prices[market.Pool{Type: "m5.large", Zone: "us-east-1a"}]
			if d.Region != "us-east-1" || len(got) != 2 || got[0].USD != 0.0335 || got[1].USD != 0.034 || !got[1].At.Equal(time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)) {
				t.Errorf("region %s, prices %v: want the two that differ, in order", d.Region, got)
			}
		})
	}
}

func TestABadFileIsNamedWithItsLineAndARemedy(t *testing.T) {
	t.Parallel()
	line := func(s string) []byte { return []byte(history + s + "\n") }
	types := `{"instance_type":"m5.large","vCPU":2,"memory":8,"arch":["x86_64"]}`
	for name, c := range map[string]struct {
		files   func(f string) Files
		content []byte
		want    []string
	}{
		"price.csv":       {func(f string) Files { return Files{Prices: []string{f}} }, line("m5.large,us-east-1a,2021-03-05T00:00:00Z,cheap"), []string{"line 6", `"cheap" is no price`, "write type,zone,time"}},
		"time.csv":        {func(f string) Files { return Files{Prices: []string{f}} }, line("m5.large,us-east-1a,yesterday,0.03"), []string{"line 6", "yesterday"}},
		"zone.csv":        {func(f string) Files { return Files{Prices: []string{f}} }, line("m5.large,nowhere,2021-03-05T00:00:00Z,0.03"), []string{"line 6", "nowhere"}},
		"short.csv":       {func(f string) Files { return Files{Prices: []string{f}} }, line("m5.large"), []string{"line 6", "1 fields"}},
		"quote.csv":       {func(f string) Files { return Files{Prices: []string{f}} }, line(`m5.large,"us`), []string{"line 6"}},
		"empty.csv":       {func(f string) Files { return Files{Prices: []string{f}} }, nil, []string{"holds no price"}},
		"regions.csv":     {func(f string) Files { return Files{Prices: []string{f}} }, line("m5.large,sa-east-1a,2021-03-05T00:00:00Z,0.03"), []string{"sa-east-1, us-east-1", "--region"}},
		"types.jsonl":     {func(f string) Files { return Files{Types: f} }, []byte(types + "\n{\"instance_type\":1}\n"), []string{"line 2"}},
		"ondemand.csv":    {func(f string) Files { return Files{OnDemand: f} }, []byte("instance_type,region,ondemand\nm5.large,us-east-1,much\n"), []string{"line 2", `"much" is no price`}},
		"header.csv":      {func(f string) Files { return Files{OnDemand: f} }, []byte("a,b,c\n"), []string{"line 1", "instance_type,region,ondemand"}},
		"elsewhere.csv":   {func(f string) Files { return Files{OnDemand: f} }, []byte("instance_type,region,ondemand\nm5.large,eu-west-1,0.1\n"), []string{"no on-demand price of region us-east-1", "eu-west-1"}},
		"advisor.json":    {func(f string) Files { return Files{Advisor: f} }, []byte("{"), []string{"not the advisor's JSON"}},
		"region.json":     {func(f string) Files { return Files{Advisor: f} }, []byte(`{"spot_advisor":{"eu-west-1":{"Linux":{}}}}`), []string{"nothing of Linux in us-east-1", "eu-west-1"}},
		"bucket.json":     {func(f string) Files { return Files{Advisor: f} }, []byte(`{"spot_advisor":{"us-east-1":{"Linux":{"m5.large":{"r":9}}}}}`), []string{"m5.large", "bucket r of 0 to 4"}},
		"trace.json":      {func(f string) Files { return Files{Outages: f} }, []byte("{\n\"metadata\":{},\n\"data\":[x]}"), []string{"line 3", "gap_seconds"}},
		"gap.json":        {func(f string) Files { return Files{Outages: f} }, []byte(`{"metadata":{"gap_seconds":0},"data":[1,0]}`), []string{"gap_seconds 0"}},
		"churn.csv":       {func(f string) Files { return Files{Outages: f} }, []byte("0,add,a\n5,rename,a\n"), []string{"line 2", "rename"}},
		"not-gzip.csv.gz": {func(f string) Files { return Files{Prices: []string{f}} }, []byte{0x1f, 0x8b, 1}, []string{"gzip"}},
		"cut-off.csv.gz":  {func(f string) Files { return Files{Prices: []string{f}} }, zipped(t, strings.Repeat(history, 300))[:60], []string{"unexpected EOF"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := write(t, name, c.content)
			_, err := Load(c.files(f))
			var ours *Error
			if !errors.As(err, &ours) || ours.Remedy == "" {
				t.Fatalf("got %v: want an error with a remedy", err)
			}
			for _, want := range append(c.want, name) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v: want %q in it", err, want)
				}
			}
		})
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	t.Parallel()
	for _, f := range []Files{{Prices: []string{"/no/such"}}, {Types: "/no/such"}, {OnDemand: "/no/such"}, {Advisor: "/no/such"}, {Outages: "/no/such"}} {
		if _, err := Load(f); err == nil || !strings.Contains(err.Error(), "/no/such: no such file or directory") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestTracesOfBothFormsBecomeLevels(t *testing.T) {
	t.Parallel()
	counts, err := readTrace(strings.NewReader(` {"metadata":{"gap_seconds":30},"data":[4,4,1,0,4]}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Step{{0, 1}, {time.Minute, 0.25}, {90 * time.Second, 0}, {2 * time.Minute, 1}}; !equal(counts.Steps, want) || counts.Span != 150*time.Second {
		t.Errorf("%v over %v: want %v over 2m30s", counts.Steps, counts.Span, want)
	}
	churn, err := readTrace(strings.NewReader("1000,add,a\n1000,add,b\n4000,remove,a\n9000,add,a\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Step{{0, 1}, {3 * time.Second, 0.5}, {8 * time.Second, 1}}; !equal(churn.Steps, want) {
		t.Errorf("%v: want %v", churn.Steps, want)
	}
}

func equal(a, b []Step) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestGroupsAreReadAsTheCLIPrintsThem(t *testing.T) {
	t.Parallel()
	f := write(t, "groups.json", zipped(t, `{"AutoScalingGroups":[
	 {"AutoScalingGroupName":"web","MinSize":1,"MaxSize":4,"DesiredCapacity":3,"AvailabilityZones":["us-east-1b","us-east-1a"],
	  "Instances":[{"InstanceType":"m5.large"},{"InstanceType":"c5.large"},{"InstanceType":"m5.large"}]},
	 {"AutoScalingGroupName":"off","DesiredCapacity":0,"AvailabilityZones":["us-east-1a"]}]}`))
	groups, err := ReadGroups(f, "")
	if err != nil || len(groups) != 1 {
		t.Fatalf("%v, %v: want the one group that runs", groups, err)
	}
	if g := groups[0]; g.Type != "m5.large" || g.Min != 1 || g.Max != 4 || g.Desired != 3 || g.Zones[0] != "us-east-1a" {
		t.Errorf("%+v", g)
	}
	if _, err := parseGroups([]byte("{\n]"), ""); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v: want line 2", err)
	}
}

func TestTheBuiltInMarketNeedsNoFile(t *testing.T) {
	t.Parallel()
	d, err := Load(Files{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Prices) < 1000 || len(d.Traces) == 0 || len(d.Zones("m5.large")) < 3 {
		t.Fatalf("%d pools, %d traces, zones %v", len(d.Prices), len(d.Traces), d.Zones("m5.large"))
	}
	for p, s := range d.Prices {
		for i := 1; i < len(s); i++ {
			if step := s[i].USD / s[i-1].USD; s[i-1].USD > 0.01 && (step > 1.08 || step < 0.92) {
				t.Fatalf("%s jumps by %.2f: real prices glide", p, step)
			}
		}
	}
}

func FuzzParsers(f *testing.F) {
	for _, s := range []string{history, `{"metadata":{"gap_seconds":30},"data":[1,0]}`, "0,add,a\n5,remove,a\n",
		`{"spot_advisor":{"us-east-1":{"Linux":{"m5.large":{"r":1}}}},"ranges":[{"index":0,"max":5}]}`,
		"instance_type,region,ondemand,pct_interrupt\nm5.large,us-east-1,0.096,<5%\n", `{"AutoScalingGroups":[{"DesiredCapacity":1}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		into := map[market.Pool]Series{}
		if err := readPrices(into, bytes.NewReader(in)); err == nil {
			for p, s := range into {
				if s = settle(s); len(s) == 0 || regionOf(p.Zone) == "" {
					t.Errorf("%s: %v", p, s)
				}
			}
		}
		if tr, err := readTrace(bytes.NewReader(in)); err == nil {
			for _, s := range tr.Steps {
				if s.Level < 0 || s.Level > 1 || s.At < 0 || s.At > tr.Span {
					t.Errorf("step %v of %v", s, tr.Span)
				}
			}
		}
		if a, err := readAdvisor(bytes.NewReader(in), "us-east-1"); err == nil {
			for name := range a.ByType {
				if b, _ := a.Of(name); b.Middle() <= 0 || b.Middle() > 1 {
					t.Errorf("%s: %+v", name, b)
				}
			}
		}
		_, _ = readOnDemand(bytes.NewReader(in), "us-east-1")
		_, _ = parseGroups(in, "m5.large")
		if r, err := unpacked(bytes.NewReader(in)); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
		}
	})
}

func TestAFileOfWindowsIsReadAsAnyOther(t *testing.T) {
	t.Parallel()
	wide := func(text string, order binary.AppendByteOrder) []byte {
		var out []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, unit)
		}
		return out
	}
	windows := strings.ReplaceAll(history, "\n", "\r\n")
	want, err := History(strings.NewReader(history))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"UTF-8 with a mark": []byte("\ufeff" + windows), "UTF-16": wide("\ufeff"+windows, binary.LittleEndian), "UTF-16, the other end first": wide("\ufeff"+windows, binary.BigEndian),
		"UTF-16 without a mark": wide(windows, binary.LittleEndian), "the other without a mark": wide(windows, binary.BigEndian)} {
		var got map[market.Pool]Series
		err := Read(write(t, "prices", body), func(r io.Reader) (err error) { got, err = History(r); return err })
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for says, body := range map[string][]byte{"it is UTF-32": []byte("\xff\xfe\x00\x00{\x00\x00\x00"), "ends in the middle of a character": []byte("\xff\xfei\x00n")} {
		if err := Read(write(t, "prices", body), func(io.Reader) error { return nil }); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
	if groups, err := ReadGroups(write(t, "groups.json", wide(`{"AutoScalingGroups": [{"AutoScalingGroupName": "web", "DesiredCapacity": 1, "AvailabilityZones": ["us-east-1a"]}]}`, binary.LittleEndian)), "m5.large"); err != nil || len(groups) != 1 {
		t.Errorf("groups: %v, %v", groups, err)
	}
}
