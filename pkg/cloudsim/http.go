package cloudsim

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
)

// TranslatePublish sets a hook over what arrives by SNS Publish over HTTP: real processes live by the wall clock, so
// a demo may turn the times in their messages back into simulated ones (see Sim). instance is "" when unknown.
func (c *Cloud) TranslatePublish(fn func(instance string, body []byte) []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.translate = fn
}

// ListenHTTP serves every instance on one port of 127.0.0.1 until ctx ends; addr is host:port. Under
// /imds/INSTANCE-ID/latest/… is the IMDSv2 of that instance, under /sns/INSTANCE-ID or / SNS Publish in the query
// protocol (an AWS_ENDPOINT_URL_SNS). The SDK's imds client drops the path of its endpoint, so a process that uses it
// needs ListenInstance.
func (c *Cloud) ListenHTTP(ctx context.Context) (addr string, err error) {
	return listen(ctx, c.Handler())
}

// ListenInstance serves one instance on a port of its own until ctx ends. http://addr is both its
// AWS_EC2_METADATA_SERVICE_ENDPOINT and, publishing with the instance's role, its AWS_ENDPOINT_URL_SNS.
func (c *Cloud) ListenInstance(ctx context.Context, id string) (addr string, err error) {
	return listen(ctx, c.InstanceHandler(id))
}

func listen(ctx context.Context, h http.Handler) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("cloudsim: no port on 127.0.0.1 for metadata and SNS: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with ErrServerClosed below
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	return l.Addr().String(), nil
}

// Handler is what ListenHTTP serves, for a test's own server or round tripper.
func (c *Cloud) Handler() http.Handler {
	mux := http.NewServeMux()
	meta := newMetadataServer(c)
	mux.HandleFunc("/imds/{instance}/latest/{path...}", func(w http.ResponseWriter, r *http.Request) {
		meta.serve(w, r, r.PathValue("instance"), r.PathValue("path"))
	})
	publish := func(w http.ResponseWriter, r *http.Request) { c.servePublish(w, r, r.PathValue("instance")) }
	mux.HandleFunc("POST /sns/{instance}/{$}", publish)
	mux.HandleFunc("POST /sns/{instance}", publish)
	mux.HandleFunc("POST /{$}", publish)
	return mux
}

// InstanceHandler is what ListenInstance serves.
func (c *Cloud) InstanceHandler(id string) http.Handler {
	mux := http.NewServeMux()
	meta := newMetadataServer(c)
	mux.HandleFunc("/latest/{path...}", func(w http.ResponseWriter, r *http.Request) { meta.serve(w, r, id, r.PathValue("path")) })
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) { c.servePublish(w, r, id) })
	return mux
}

func newMetadataServer(c *Cloud) *metadataServer {
	return &metadataServer{cloud: c, tokens: map[string]metadataToken{}}
}

type metadataServer struct {
	cloud  *Cloud
	mu     sync.Mutex
	made   int
	tokens map[string]metadataToken
}

// metadataToken is good on one instance only, in wall-clock time: its user is a real process.
type metadataToken struct {
	instance string
	expires  time.Time
}

func (m *metadataServer) serve(w http.ResponseWriter, r *http.Request, id, path string) {
	c := m.cloud
	c.mu.Lock()
	i := c.byID[id]
	alive := i != nil && i.live()
	c.mu.Unlock()
	switch {
	case !alive: // a machine that is off does not answer 404
		hang(w)
	case path == "api/token" && r.Method == http.MethodPut:
		m.token(w, r, id)
	case r.Method != http.MethodGet:
		http.Error(w, "405 - Method Not Allowed", http.StatusMethodNotAllowed)
	case !m.admits(r, id):
		http.Error(w, "401 - Unauthorized", http.StatusUnauthorized)
	default:
		c.mu.Lock()
		body, ok := c.metadata(i, strings.TrimSuffix(path, "/"))
		c.unlock()
		if !ok {
			http.Error(w, "404 - Not Found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(body)) // the client has gone: its loss
	}
}

// hang breaks the connection off without an answer.
func hang(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func (m *metadataServer) token(w http.ResponseWriter, r *http.Request, id string) {
	const ttlHeader = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	ttl, err := strconv.Atoi(r.Header.Get(ttlHeader))
	switch {
	case r.Header.Get("X-Forwarded-For") != "":
		http.Error(w, "403 - Forbidden", http.StatusForbidden)
		return
	case err != nil || ttl < 1 || ttl > 21600:
		http.Error(w, "400 - Bad Request", http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	m.made++
	token := fmt.Sprintf("simulated-token-%d", m.made)
	m.tokens[token] = metadataToken{id, time.Now().Add(time.Duration(ttl) * time.Second)}
	m.mu.Unlock()
	w.Header().Set(ttlHeader, strconv.Itoa(ttl))
	_, _ = w.Write([]byte(token))
}

func (m *metadataServer) admits(r *http.Request, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tokens[r.Header.Get("X-Aws-Ec2-Metadata-Token")]
	return ok && t.instance == id && time.Now().Before(t.expires)
}

// servePublish is SNS's query protocol, the action Publish only.
func (c *Cloud) servePublish(w http.ResponseWriter, r *http.Request, instance string) {
	r.Body = http.MaxBytesReader(w, r.Body, 4*maxMessage)
	if err := r.ParseForm(); err != nil {
		writeXMLError(w, apiError("MalformedQueryString", "%v", err))
		return
	}
	if a := r.PostForm.Get("Action"); a != "Publish" {
		writeXMLError(w, apiError("InvalidAction", "cloudsim serves the action Publish over HTTP, not %q", a))
		return
	}
	body := []byte(r.PostForm.Get("Message"))
	c.mu.Lock()
	translate, i := c.translate, c.byID[instance]
	c.mu.Unlock()
	if instance != "" && (i == nil || profileOf(i.data) == "") {
		writeXMLError(w, apiError("AuthorizationError", "instance %s has no instance profile, so no credentials", instance))
		return
	}
	if translate != nil {
		body = translate(instance, body)
	}
	in := &sns.PublishInput{TopicArn: aws.String(r.PostForm.Get("TopicArn")), Message: aws.String(string(body))}
	if err := fits(Call{Service: svcSNS, Op: "Publish", Input: in}); err != nil {
		writeXMLError(w, err)
		return
	}
	id, err := c.publishFrom(instance, r.PostForm.Get("TopicArn"), string(body), r.PostForm.Get("Subject"))
	if err != nil {
		writeXMLError(w, err)
		return
	}
	type result struct {
		XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ PublishResponse"`
		MessageID string   `xml:"PublishResult>MessageId"`
		RequestID string   `xml:"ResponseMetadata>RequestId"`
	}
	writeXML(w, http.StatusOK, result{MessageID: id, RequestID: id})
}

func (c *Cloud) publishFrom(instance, arn, body, subject string) (string, error) {
	c.mu.Lock()
	defer c.unlock()
	c.cause = cause{actor: instance}
	defer func() { c.cause = cause{} }()
	return c.publish(arn, body, subject, nil)
}

func writeXMLError(w http.ResponseWriter, err error) {
	code, message := "InternalFailure", err.Error()
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	type failure struct {
		XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}
	status := http.StatusBadRequest
	if code == "NotFound" {
		status = http.StatusNotFound
	}
	writeXML(w, status, failure{Type: "Sender", Code: code, Message: message, RequestID: "simulated"})
}

func writeXML(w http.ResponseWriter, status int, v any) {
	raw, err := xml.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}
