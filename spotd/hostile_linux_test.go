package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"autospotting/pkg/message"
	"autospotting/spotd/fakes"
)

// wire is a port where the metadata service, or a stranger by the byte, answers.
type wire struct {
	net.Listener
	real string // address

	mu     sync.Mutex
	answer func(net.Conn) // nil is the real service
	met    int            // connections that the stranger took
}

func (w *wire) set(answer func(net.Conn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer, w.met = answer, 0
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.met
}

func (w *wire) serve() {
	for {
		conn, err := w.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		answer := w.answer
		w.met++
		w.mu.Unlock()
		go func() {
			defer conn.Close()
			if answer != nil {
				_ = conn.SetDeadline(time.Now().Add(patience))
				answer(conn)
				return
			}
			real, err := net.Dial("tcp", w.real)
			if err != nil {
				return
			}
			defer real.Close()
			go func() { _, _ = io.Copy(real, conn); real.Close() }()
			_, _ = io.Copy(conn, real)
		}()
	}
}

// says answers each request on a connection so, and wants a new token first.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		request, err := r.ReadString('\n')
		for line := request; err == nil && strings.TrimSpace(line) != ""; {
			line, err = r.ReadString('\n')
		}
		if !strings.HasPrefix(request, "PUT ") {
			text = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
		}
		_, _ = io.WriteString(c, text)
	}
}

// pours writes a head and then the same without end.
func pours(head, more string) func(net.Conn) {
	return func(c net.Conn) {
		_, err := io.WriteString(c, head)
		for chunk := strings.Repeat(more, 1+64*1024/len(more)); err == nil; {
			_, err = io.WriteString(c, chunk)
		}
	}
}

func TestTheProcessOutlivesStrangersOnTheWireAndStaysSmall(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nX-Aws-Ec2-Metadata-Token-Ttl-Seconds: 21600\r\n"
	imds, topic := fakes.NewMetadata(time.Now()), &fakes.Sink{Heard: make(chan message.Report, 100)}
	imdsServer, topicServer := httptest.NewServer(imds), httptest.NewServer(topic)
	defer imdsServer.Close()
	defer topicServer.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: listener, real: strings.TrimPrefix(imdsServer.URL, "http://")}
	defer w.Close()
	go w.serve()

	var log bytes.Buffer
	spotd := exec.Command(binary, "run", "--topic", fakes.Topic, "--group", "web", "--grace=24h", "--poll=50ms", "--state-dir", t.TempDir())
	spotd.Stderr = &log
	spotd.Env = []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://" + w.Addr().String(), "AWS_ENDPOINT_URL_SNS=" + topicServer.URL, "AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret", "SPOTD_PREFIX=" + t.TempDir()}
	strangers := []struct {
		name   string
		answer func(net.Conn)
	}{
		{"a token without end", pours(ok+"\r\n", "t")},
		{"a token of 100 MB", pours(ok+"Content-Length: 100000000\r\n\r\n", "t")},
		{"a line break in a token", says(ok + "Content-Length: 7\r\n\r\ntok\r\nen")},
		{"chunks without end", pours(ok+"Transfer-Encoding: chunked\r\n\r\n", "1000\r\n"+strings.Repeat("c", 4096)+"\r\n")},
		{"an error without end", pours("HTTP/1.1 500 No\r\n\r\n", "e")},
		{"a header without end", pours("HTTP/1.1 200 OK\r\nX: ", "h")},
		{"headers without end", pours("HTTP/1.1 200 OK\r\n", "A: b\r\n")},
		{"go on, go on", pours("", "HTTP/1.1 100 Continue\r\n\r\n")},
		{"a redirect", says("HTTP/1.1 307 There\r\nLocation: " + topicServer.URL + "\r\nContent-Length: 0\r\n\r\n")},
		{"less than was promised", func(c net.Conn) { _, _ = io.WriteString(c, ok+"Content-Length: 9\r\n\r\ntok") }},
		{"no HTTP", says("SSH-2.0-OpenSSH_9.9\r\n")},
		{"the end", func(net.Conn) {}},
	}
	for i, stranger := range strangers {
		w.set(stranger.answer)
		if i == 0 { // from the start
			if err := spotd.Start(); err != nil {
				t.Fatal(err)
			}
			defer spotd.Process.Kill()
		} else { // the connections of before end, as with the service
			imdsServer.CloseClientConnections()
		}
		eventually(t, stranger.name+" is asked again", func() bool { return w.count() >= 3 })
		imds.Set(func(m *fakes.Metadata) { m.Asked = map[string]int{} })
		w.set(nil)
		eventually(t, "an answer after "+stranger.name, func() (heard bool) {
			imds.Set(func(m *fakes.Metadata) { heard = m.Asked["meta-data/spot/instance-action"] > 0 })
			return heard
		})
	}
	imds.Interrupt(time.Now().Add(2 * time.Minute))
	for hear(t, topic).Kind != message.Terminating {
	}
	if most := 40 << 10; peak(t, spotd.Process.Pid) > most {
		t.Errorf("%d KiB were resident, at most %d", peak(t, spotd.Process.Pid), most)
	}
	_ = spotd.Process.Signal(syscall.SIGTERM)
	if err := spotd.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, &log)
	}
	if len(topic.Bad) > 0 {
		t.Errorf("the token, or what else, went to another address: %q", topic.Bad)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// peak is the most that was resident, in KiB (proc(5), VmHWM).
func peak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("no proc file system: %v", err)
	}
	found := regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`).FindSubmatch(status)
	if found == nil {
		t.Skip("the kernel does not tell VmHWM")
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("at most %d KiB were resident", n)
	return n
}
