package needs

import (
	"fmt"
	"strings"

	"autospotting/pkg/lazyregexp"
	"autospotting/userdata"
)

// byType are the formats of a message's parts whose beginning does not tell.
var byType = map[string]userdata.Format{
	"text/x-shellscript": userdata.Shell, "text/x-shellscript-per-boot": userdata.Shell, "text/x-shellscript-per-once": userdata.Shell, "text/x-shellscript-per-instance": userdata.Shell,
	"text/cloud-config": userdata.CloudConfig, "text/cloud-config-archive": userdata.CloudConfigArchive, "text/cloud-config-jsonp": userdata.CloudConfigJSONP,
	"text/jinja2": userdata.Jinja, "text/cloud-boothook": userdata.Boothook, "text/x-include-url": userdata.Include, "text/x-include-once-url": userdata.Include,
	"text/part-handler": userdata.PartHandler, "text/upstart-job": userdata.Upstart, "application/node.eks.aws": userdata.Nodeadm,
}

// runsFirst are the formats whose readers are done before scripts run.
var runsFirst = map[userdata.Format]bool{userdata.Boothook: true, userdata.PartHandler: true, userdata.Nodeadm: true, userdata.Ignition: true, userdata.Bottlerocket: true}

// before marks what is read until its result is called as early.
func (r *reader) before() (after func()) {
	was := r.first
	r.first = true
	return func() { r.first = was }
}

// open reads a text as what it is.
func (r *reader) open(b []byte, kind string, p place, depth int) {
	raw := opened(string(b))
	text, cut, ok := legible(raw)
	if depth > maxDepth || raw == "" {
		return
	}
	if !ok {
		r.cannot("bytes that are no text", p, 0)
		return
	}
	if cut < len(raw) {
		r.cannot("bytes that are no text", p, 1+strings.Count(text, "\n"))
	}
	format := userdata.Detect([]byte(text))
	if told, ok := byType[kind]; ok && (format == userdata.Unknown || format == userdata.Nodeadm || format == userdata.WindowsYAML || format == userdata.Bottlerocket) {
		format = told
	}
	if runsFirst[format] || talos.MatchString(text) && format == userdata.Unknown {
		defer r.before()()
	}
	switch format {
	case userdata.Empty, userdata.Binary:
	case userdata.Shell:
		first, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n"), "\n")
		r.shebang(first, text, p, depth)
	case userdata.Jinja:
		r.jinja(text, p, depth)
	case userdata.CloudConfig, userdata.CoreOS, userdata.CloudConfigArchive, userdata.CloudConfigJSONP, userdata.Butane:
		r.cloudConfig(text, format, p, depth)
	case userdata.Include:
		r.include(text, p)
	case userdata.PartHandler:
		r.code(text, p, depth+1)
	case userdata.WindowsXML:
		r.windows(text, p, depth)
	case userdata.WindowsYAML:
		r.tasks(text, p, depth)
	case userdata.Bottlerocket:
		r.bottlerocket(text, p, depth)
	case userdata.Ignition:
		r.ignition(text, p, depth)
	case userdata.MIME, userdata.Gzip:
		r.nested(b, p, depth)
	default:
		r.other(text, format, p, depth)
	}
}

// nested reads a message in a text.
func (r *reader) nested(b []byte, p place, depth int) {
	r.take(string(b), p)
	for _, text := range userdata.Texts(b) {
		in := p
		if text.Part > 0 {
			in = p.in(fmt.Sprintf("part %d", text.Part))
		}
		if string(text.Body) == string(b) {
			r.cannot("a message or compressed bytes that cannot be opened", p, 0)
			return
		}
		r.open(text.Body, text.Type, in, depth+1)
	}
}

var talos = lazyregexp.New(`(?m)^machine:\s*$`)

// other reads what has no reader of its own: boothooks, upstart jobs, settings of appliances, node configurations.
func (r *reader) other(text string, format userdata.Format, p place, depth int) {
	switch {
	case format == userdata.Nodeadm:
		r.settings(text, "nodeadm", p, depth+1)
	case talos.MatchString(text):
		r.settings(text, "talos", p, depth+1)
	case format == userdata.Boothook || format == userdata.Upstart:
		if _, script, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(strings.TrimSpace(script), "#!") {
			first, _, _ := strings.Cut(strings.TrimSpace(script), "\n")
			r.shebang(first, script, p.at(2), depth)
			return
		}
		r.script(text, p, depth+1)
	default: // nobody may read it, or something in the image: both ways
		r.script(text, p, depth+1)
		r.settings(text, "user data", p, depth+1)
	}
}

func (r *reader) include(text string, p place) {
	for i, row := range strings.Split(text, "\n") {
		if row = strings.TrimSpace(row); row != "" && !strings.HasPrefix(row, "#") {
			r.cannot("include "+row, p, i+1)
		}
	}
}

var (
	jinjaBlock = lazyregexp.New(`(?s)\{[%#].*?[%#]\}`)
	jinjaWord  = strings.NewReplacer("{{", "__", "}}", "__")
)

// jinja reads a template without rendering it: the statements are taken out, the lines stay.
func (r *reader) jinja(text string, p place, depth int) {
	r.mark(byName["*"], strings.Join(jinjaBlock.FindAllString(text, 50), " "), "", p, 1)
	text = jinjaBlock.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) })
	_, rest, _ := strings.Cut(text, "\n")
	r.open([]byte(jinjaWord.Replace(rest)), "", p.at(2), depth+1)
}
