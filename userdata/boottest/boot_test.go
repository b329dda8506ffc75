// Package boottest boots a machine with injected user data: real cloud-init,
// real systemd, the real spotd. It is opt-in: make test-cloudinit.
package boottest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/userdata"
)

const mime = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==b=="

--==b==
Content-Type: text/cloud-config

#cloud-config
write_files:
- path: /owner/config
  content: written
--==b==
Content-Type: text/x-shellscript

#!/bin/sh
mkdir -p /owner; echo "$0" >/owner/first
exit 3
--==b==
Content-Type: text/x-shellscript; charset="utf-8"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="named.sh"

IyEvYmluL3NoCm1rZGlyIC1wIC9vd25lcjsgZWNobyAiJDAiID4vb3duZXIvc2Vjb25kCg==
--==b==--
`

// owners write this; files are what the machine must hold afterwards.
var owners = []struct {
	name, data string
	files      map[string]string
}{
	{"nothing", "", nil},
	{"shell", "#!/bin/sh\nmkdir -p /owner; echo \"$0\" 'é' >/owner/script\nexit 3\n",
		map[string]string{"script": "/var/lib/cloud/instance/scripts/part-001 é"}},
	{"cloud-config", "#cloud-config\nwrite_files:\n- path: /owner/config\n  content: |\n    written ✓\nruncmd:\n- echo ran >/owner/runcmd\n",
		map[string]string{"config": "written ✓", "runcmd": "ran"}},
	{"compressed MIME", gzipped(mime), map[string]string{"config": "written", "first": "/var/lib/cloud/instance/scripts/part-002"}},
	{"MIME", mime, map[string]string{"config": "written", "first": "/var/lib/cloud/instance/scripts/part-002", "second": "/var/lib/cloud/instance/scripts/named.sh"}},
}

func TestTheOwnersAndSpotdAllRun(t *testing.T) {
	spotd := binary(t)
	for _, owner := range owners {
		t.Run(owner.name, func(t *testing.T) {
			w := newWorld(t, spotd)
			m := boot(t, inject(t, owner.data, w.settings(spotd)))
			m.finished()
			m.holds(owner.files)
			m.until("spotd active", func() bool { return m.out("systemctl", "is-active", "spotd") == "active" })
			m.until("spotd asks for the metadata", func() bool { return w.saw("PUT /latest/api/token") })
			if unit := m.out("cat", "/etc/systemd/system/spotd.service"); !strings.Contains(unit, `"--group" "it's a group"`) {
				t.Errorf("the unit is\n%s", unit)
			}
			if log := m.out("journalctl", "--no-pager", "-t", "spotd-bootstrap"); !strings.Contains(log, "installed and started /usr/local/bin/spotd v0") {
				t.Errorf("the journal says %q", log)
			}
			if left := m.out("ls", "/var/lib/cloud/scripts/per-boot"); left != "" {
				t.Errorf("left for the next boot: %s", left)
			}
			if !strings.Contains(m.console(), "spotd-bootstrap: installed and started") {
				t.Errorf("the console does not say so:\n%s", m.console())
			}
			t.Logf("booted, ready after %v", time.Since(m.began).Round(100*time.Millisecond))
		})
	}
}

func TestACorruptedDownloadIsNotRunAndTheOwnersIs(t *testing.T) {
	spotd := binary(t)
	w := newWorld(t, append(spotd[:len(spotd):len(spotd)], '!'))
	s := w.settings(spotd)
	s.Env["SPOTD_TRIES"] = "2"
	owner := owners[1]
	m := boot(t, inject(t, owner.data, s))
	m.finished()
	m.holds(owner.files)
	m.until("the refusal in the journal", func() bool {
		return strings.Count(m.out("journalctl", "--no-pager", "-t", "spotd-bootstrap"), ": not run") == 2
	})
	m.until("nothing is installed, and the download is removed after that word", func() bool {
		return m.out("find", "/usr/local/bin", "/opt", "/etc/systemd/system", "-name", "*spotd*") == ""
	})
	if w.saw("PUT /latest/api/token") {
		t.Error("spotd ran")
	}
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(s))
	if cerr := w.Close(); err != nil || cerr != nil {
		panic("gzip into memory failed")
	}
	return b.String()
}

func binary(t *testing.T) []byte {
	path := os.Getenv("CLOUDINIT_SPOTD")
	if path == "" {
		t.Skip("opt-in: make test-cloudinit")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func inject(t *testing.T, owner string, s userdata.Settings) []byte {
	t.Helper()
	out, note, err := userdata.Inject([]byte(owner), s)
	if err != nil || note != "" {
		t.Fatalf("%v, %q", err, note)
	}
	return out
}

// membershipOwner notes how things stood when it ran. The image lacks what sets a locale, which
// cloud-init would call an error.
const membershipOwner = `#cloud-config
locale: false
runcmd:
- mkdir -p /owner; cp /var/run/spotd-member /owner/runcmd; systemctl is-active spotd >/owner/spotd
`

// The owner's part runs once the item is there, or once the time is over; spotd runs by then
// and is told which. Its word of the boot's end comes after both.
func TestTheOwnersPartWaitsForMembership(t *testing.T) {
	spotd := binary(t)
	for _, c := range []struct {
		name   string
		member bool
		mark   string
	}{{"the item appears", true, "member"}, {"it never does", false, "no-member"}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, spotd)
			s := w.settings(spotd)
			s.Await, w.tells, w.launched = true, true, time.Now()
			s.Env["SPOTD_PATIENCE"] = "10" // seconds, in place of two minutes
			m := boot(t, inject(t, membershipOwner, s))
			m.until("our part waits", func() bool { return m.out("cat", "/var/run/spotd-member") == "waiting" && w.saw("GET "+item) })
			m.until("spotd runs meanwhile", func() bool { return m.out("systemctl", "is-active", "spotd") == "active" })
			if ran := m.out("ls", "/owner"); ran != "" {
				t.Errorf("the owner's part has run already: %s", ran)
			}
			if c.member {
				w.mu.Lock()
				w.member = true
				w.mu.Unlock()
			}
			m.finished()
			m.holds(map[string]string{"runcmd": c.mark, "spotd": "active"})
			log := ""
			journal := func() string { log = m.out("journalctl", "--no-pager", "-u", "spotd", "-o", "cat"); return log }
			m.until("spotd says hello", func() bool { return strings.Contains(journal(), `"kind":"hello"`) })
			if !strings.Contains(log, `"action":"`+c.mark+`"`) {
				t.Errorf("spotd says\n%s", log)
			}
			m.until("spotd says that the boot is over", func() bool { return strings.Contains(journal(), `"kind":"started"`) })
			if !strings.Contains(log, `"action":"boot"`) {
				t.Errorf("spotd says\n%s", log)
			}
		})
	}
}

const item = "/latest/meta-data/autoscaling/target-lifecycle-state"

// world is what the machine reaches on loopback: the release, and metadata that
// tells nothing but, once it is so, membership.
type world struct {
	url    string
	mu     sync.Mutex
	seen   map[string]bool
	tells  bool // it is an instance's metadata
	member bool

	launched time.Time
}

func newWorld(t *testing.T, spotd []byte) *world {
	w := &world{seen: map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.seen[r.Method+" "+r.URL.Path] = true
		body := w.metadata(r)
		w.mu.Unlock()
		if r.URL.Path == "/v0/spotd-linux-amd64" {
			_, _ = rw.Write(spotd) // a client that hangs up shows in the machine
			return
		}
		if body != "" {
			rw.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
			_, _ = rw.Write([]byte(body))
			return
		}
		http.NotFound(rw, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// metadata is that of an instance whose membership the test decides; without a wait it is silent, as
// where the metadata is switched off. The caller holds the lock.
func (w *world) metadata(r *http.Request) string {
	switch {
	case !w.tells:
		return ""
	case r.Method == "PUT" && r.URL.Path == "/latest/api/token":
		return "token"
	case r.URL.Path == "/latest/dynamic/instance-identity/document":
		return `{"accountId":"123456789012","region":"us-east-1","availabilityZone":"us-east-1a","instanceId":"i-0123456789abcdef0","instanceType":"m5.large","pendingTime":"` +
			w.launched.UTC().Format(time.RFC3339) + `"}`
	case r.URL.Path == item && w.member:
		return "InService"
	}
	return ""
}

func (w *world) saw(request string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[request]
}

func (w *world) settings(spotd []byte) userdata.Settings {
	sum := sha256.Sum256(spotd)
	return userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:reports", Group: "it's a group", Grace: time.Minute, Version: "v0",
		ReleaseURL: w.url + "/v0", SHA256: map[string]string{"amd64": hex.EncodeToString(sum[:])},
		Env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": w.url}}
}

// The wait alone holds up the owner's part, installs nothing, and leaves nothing.
func TestTheWaitAloneLeavesNothing(t *testing.T) {
	w := newWorld(t, binary(t))
	w.tells, w.launched = true, time.Now()
	s := w.settings(binary(t))
	s = userdata.Settings{Await: true, WaitOnly: true, Env: s.Env}
	m := boot(t, inject(t, membershipOwner, s))
	m.until("our part waits", func() bool { return w.saw("GET " + item) })
	if ran := m.out("ls", "/owner"); ran != "" {
		t.Errorf("the owner's part has run already: %s", ran)
	}
	w.mu.Lock()
	w.member = true
	w.mu.Unlock()
	m.finished()
	m.holds(map[string]string{"spotd": "inactive"})
	if left := m.out("sh", "-c", "find / -xdev -name '*spotd*' -not -path '/var/lib/cloud/*' -not -path '/proc/*' -not -path '/owner/*'"); left != "" {
		t.Errorf("left: %s", left)
	}
}
