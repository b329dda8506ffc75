package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// call is one request of an SDK client.
type call struct {
	service, action string
	form            url.Values     // EC2, Auto Scaling, SNS: the query protocol
	doc             map[string]any // SQS, DynamoDB: the JSON protocol
	header          http.Header
}

// answer is what the client gets.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status/100 == 2 }

// transport carries a call one step further towards the emulator.
type transport func(context.Context, *call) (answer, error)

var scope = regexp.MustCompile(`Credential=[^/]+/[0-9]+/[^/]+/([^/]+)/aws4_request`)

func readCall(r *http.Request) (*call, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c := &call{header: r.Header.Clone()}
	if found := scope.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		c.service = found[1]
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, c.action, _ = strings.Cut(target, ".")
		return c, json.Unmarshal(body, &c.doc)
	}
	if c.form, err = url.ParseQuery(string(body)); err != nil {
		return nil, err
	}
	c.action = c.form.Get("Action")
	return c, nil
}

func (c *call) encode() ([]byte, error) {
	if c.doc != nil {
		return json.Marshal(c.doc)
	}
	return []byte(c.form.Encode()), nil
}

// with returns a copy to which the form values were set; an empty value takes the key out.
func (c *call) with(set map[string]string) *call {
	out := *c
	out.form = url.Values{}
	for k, v := range c.form {
		out.form[k] = v
	}
	for k, v := range set {
		out.form.Set(k, v)
		if v == "" {
			out.form.Del(k)
		}
	}
	return &out
}

// client keeps connections to the emulator no longer than a request: its server closes them.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// home is the emulator that an account lives in.
func home(account string) *moto { return lab.motos[int(account[len(account)-1]-'0')%len(lab.motos)] }

// forward sends the call to the emulator as the given account, which the emulator keeps apart from all others.
func (m *moto) forward(ctx context.Context, account string, c *call) (answer, error) {
	body, err := c.encode()
	if err != nil {
		return answer{}, err
	}
	// What was begun is finished though the client was killed: so does AWS.
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, m.url+"/", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, k := range []string{"Authorization", "Content-Type", "X-Amz-Target", "X-Amz-Date", "User-Agent"} {
		if v := c.header.Get(k); v != "" {
			req.Header.Set(k, v)
		}
	}
	req.Header.Set("X-Moto-Account-Id", account)
	if other != "" { // others tell accounts apart by the access key
		req.Header.Set("Authorization", strings.Replace(req.Header.Get("Authorization"), "Credential=AK/", "Credential="+account+"/", 1))
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, out}, err
}

// signed is the header of a call of our own; the emulator reads nothing of a signature but the service.
func signed(service string) http.Header {
	return http.Header{
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AK/20260101/" + region + "/" + service + "/aws4_request, SignedHeaders=host, Signature=0"},
		"Content-Type":  {"application/x-www-form-urlencoded; charset=utf-8"},
	}
}

// ask makes a call of our own in the query protocol.
func ask(service, action, version string, params map[string]string) *call {
	form := url.Values{"Action": {action}, "Version": {version}}
	for k, v := range params {
		form.Set(k, v)
	}
	return &call{service: service, action: action, form: form, header: signed(service)}
}

// askJSON makes a call of our own in the JSON protocol, without parameters.
func askJSON(service, target, contentType string) *call {
	k := &call{service: service, doc: map[string]any{}, header: signed(service)}
	_, k.action, _ = strings.Cut(target, ".")
	k.header.Set("X-Amz-Target", target)
	k.header.Set("Content-Type", contentType)
	return k
}

// refuse is an error of the query protocol, in EC2's form or in that of the others.
func refuse(service, code, text string) answer {
	body := fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>proxy</RequestId></ErrorResponse>", code, text)
	if service == "ec2" {
		body = fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>proxy</RequestID></Response>", code, text)
	}
	return answer{http.StatusBadRequest, http.Header{"Content-Type": {"text/xml"}}, []byte(body)}
}
