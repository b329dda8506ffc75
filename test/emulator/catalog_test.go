package emulator

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// catalog answers what never changes: types, offerings, prices. The emulator takes two seconds for its 1,400 types and
// gives them on one page whatever was asked; here a region offers a short shelf of them, in pages of the least size that
// AWS allows. The same for the versions of a template and for spot requests, which the emulator cuts off at MaxResults
// without a token.
type catalog struct {
	mu    sync.Mutex
	known map[string][]string
}

// shelf is what the region offers: enough for several pages and several choices.
var shelf = regexp.MustCompile(`<instanceType>(c5|m4|m5|m5a|m6i|r5|t3)\.(large|xlarge)</instanceType>`)

type paged struct {
	set    string // the element that holds the list
	size   int
	shelf  bool // only what is on the shelf
	static bool // the same at any time
}

var pages = map[string]paged{
	"ec2.DescribeInstanceTypes":          {"instanceTypeSet", 5, true, true},
	"ec2.DescribeInstanceTypeOfferings":  {"instanceTypeOfferingSet", 5, true, true},
	"ec2.DescribeSpotPriceHistory":       {"spotPriceHistorySet", 5, true, true},
	"ec2.DescribeLaunchTemplateVersions": {"launchTemplateVersionSet", 1, false, false},
	"ec2.DescribeSpotInstanceRequests":   {"spotInstanceRequestSet", 1, false, false},
}

func (s *catalog) correct(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		p, ok := pages[k.service+"."+k.action]
		if !ok || k.form.Get("MaxResults") == "" && k.action != "DescribeSpotInstanceRequests" {
			return next(ctx, k)
		}
		all := k.with(map[string]string{"NextToken": "", "MaxResults": "1000"})
		codes := byStatusCode(all)
		a, items, err := s.items(ctx, all, p, next)
		if err != nil || !a.ok() {
			return a, err
		}
		if codes != nil {
			items = slices.DeleteFunc(slices.Clone(items), func(one string) bool {
				code := statusCode.FindStringSubmatch(one)
				return code == nil || !slices.Contains(codes, code[1])
			})
		}
		from, _ := strconv.Atoi(k.form.Get("NextToken"))
		to := min(from+p.size, len(items))
		var token string
		if to < len(items) {
			token = fmt.Sprintf("<nextToken>%d</nextToken>", to)
		}
		a.body = fmt.Appendf(nil, `<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>proxy</requestId><%s>%s</%s>%s</%sResponse>`,
			k.action, p.set, strings.Join(items[from:to], ""), p.set, token, k.action)
		return a, nil
	}
}

var statusCode = regexp.MustCompile(`<status>\s*<code>([^<]*)</code>`)

// byStatusCode takes the filter by the status code of spot requests, which the emulator does not know, out of a call, and gives its values.
func byStatusCode(k *call) (codes []string) {
	if k.form.Get("Filter.1.Name") != "status-code" {
		return nil
	}
	codes = []string{}
	for name := range k.form {
		if strings.HasPrefix(name, "Filter.1.") {
			if name != "Filter.1.Name" {
				codes = append(codes, k.form.Get(name))
			}
			k.form.Del(name)
		}
	}
	return codes
}

// items asks for everything; what is static is asked for once for all accounts, since it is the same in all.
func (s *catalog) items(ctx context.Context, k *call, p paged, next transport) (answer, []string, error) {
	if !p.static {
		a, err := next(ctx, k)
		if err != nil || !a.ok() {
			return a, nil, err
		}
		items, err := items(a.body, p.set)
		return a, items, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := timeless(k)
	if list, ok := s.known[key]; ok {
		return answer{status: 200, header: map[string][]string{"Content-Type": {"text/xml"}}}, list, nil
	}
	a, err := next(ctx, k)
	if err != nil || !a.ok() {
		return a, nil, err
	}
	list, err := items(a.body, p.set)
	if err != nil {
		return a, nil, err
	}
	var kept []string
	for _, one := range list {
		if shelf.MatchString(one) {
			kept = append(kept, one)
		}
	}
	if s.known == nil {
		s.known = map[string][]string{}
	}
	s.known[key] = kept
	return a, kept, nil
}

func timeless(k *call) string {
	return k.with(map[string]string{"StartTime": "", "EndTime": ""}).form.Encode()
}

// items cuts the children of the first element of that name out of a document.
func items(body []byte, set string) ([]string, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	var out []string
	var begin int64
	inside := 0
	for {
		at := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("no whole <%s> in the emulator's answer: %w: %.300s", set, err, body)
		}
		switch x := token.(type) {
		case xml.StartElement:
			switch {
			case inside > 0:
				if inside++; inside == 2 {
					begin = at
				}
			case x.Name.Local == set:
				inside = 1
			}
		case xml.EndElement:
			if inside == 1 {
				return out, nil
			}
			if inside > 1 {
				if inside--; inside == 1 {
					out = append(out, string(body[begin:d.InputOffset()]))
				}
			}
		}
	}
}
