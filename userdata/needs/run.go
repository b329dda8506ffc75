package needs

import (
	"path"
	"strings"

	"autospotting/pkg/lazyregexp"
)

// flow is text on its way from one command to the next, or into a file. Its first line is line 1 of its place.
type flow struct {
	text    string
	p       place
	fetched string // instead of text: where a command gets it from
}

func (f flow) empty() bool { return f.text == "" }

// script reads a shell script.
func (r *reader) script(text string, p place, depth int) {
	if depth > maxDepth {
		return
	}
	text = r.take(text, p)
	list := parse(text, 1)
	for i, c := range list {
		if c.piped {
			continue
		}
		called, judged := r.called, len(r.hooks)
		if r.pipeline(c, p, depth); r.called > called {
			r.judge(list, i, strictly.MatchString(text), called, judged, depth)
		}
	}
}

// strictly is the first line of a script that ends where a command fails.
var strictly = lazyregexp.New(`^\s*#!\s*\S+(\s+\S*sh)?\s+-[a-z]*e`)

func (r *reader) pipeline(c *command, p place, depth int) {
	var f flow
	if c.closes && len(r.groups) > 0 {
		last := len(r.groups) - 1
		printed := r.groups[last]
		r.groups = r.groups[:last]
		for _, f := range printed {
			r.writes(c, f, depth)
		}
		if len(c.outs) == 0 && c.next != nil {
			f = joined(printed)
		}
	}
	if c.opens && len(r.groups) < maxDepth {
		r.groups = append(r.groups, nil)
	}
	for ; c != nil; c = c.next {
		if c.input != nil {
			f = flow{text: c.input.text, p: p.at(c.input.line)}
		}
		r.assigns(c, p)
		if len(c.words) > 0 {
			f = r.call(withReaders(c), f, p.at(c.line), depth)
		}
		r.writes(c, f, depth)
		if len(c.outs) > 0 {
			f = flow{}
		}
	}
	if top := len(r.groups) - 1; top >= 0 && !f.empty() && len(r.groups[top]) < maxFound {
		r.groups[top] = append(r.groups[top], f)
	}
}

// joined is what a group has printed, as one text. Its lines count from where the first stood.
func joined(printed []flow) flow {
	var lines []string
	for _, f := range printed {
		lines = append(lines, f.text)
	}
	if len(lines) == 0 {
		return flow{}
	}
	return flow{text: strings.Join(lines, "\n"), p: printed[0].p, fetched: printed[0].fetched}
}

// writes hands what a command gives to the files that it is written to.
func (r *reader) writes(c *command, f flow, depth int) {
	for _, out := range c.outs {
		if f.fetched != "" && len(r.gets) < maxFound {
			r.gets[r.expand(out)] = f.fetched
		}
		if f.empty() || strings.HasPrefix(out, "/dev/") || out == "" {
			continue
		}
		r.write(r.expand(out), f, depth)
	}
}

func (r *reader) write(name string, f flow, depth int) {
	if _, known := r.files[name]; !known && len(r.files) < maxFound {
		r.files[name] = f
	}
	r.file(name, f.text, f.p, depth+1)
}

var version = lazyregexp.New(`(:[\w.$-]+|@sha256:\w+)$`)

// base is a command's name without directory, .exe and an image's version.
func base(word string) string {
	word = strings.ReplaceAll(word, `\`, "/")
	name := path.Base(version.ReplaceAllString(strings.TrimSpace(word), ""))
	if lower := strings.ToLower(name); strings.HasSuffix(lower, ".exe") {
		name = lower[:len(lower)-4]
	}
	return name
}

var onlyVariable = lazyregexp.New(`^(\$\w+|\$\{[^}]*\})$`)

// call reads a command, which p's first line is, with what it reads from before; it returns what goes on to the next.
func (r *reader) call(w []string, in flow, p place, depth int) flow {
	if depth > maxDepth || len(w) == 0 {
		return flow{}
	}
	if onlyVariable.MatchString(w[0]) {
		if text := r.expand(w[0]); text != w[0] {
			w = append(strings.Fields(text), w[1:]...)
		}
	}
	if len(w) == 0 {
		return flow{}
	}
	name := base(w[0])
	if strings.HasPrefix(w[0], "$(") || strings.HasPrefix(w[0], "`") {
		r.fetchedText(w[0], p)
	}
	r.runs(w[0], p, false)
	if name == "aws2" || strings.HasPrefix(w[0], "$") && strings.Contains(strings.ToLower(w[0]), "aws") || strings.HasPrefix(w[0], "`which aws") {
		name = "aws"
	}
	if prints(name) {
		return r.printed(w, p)
	}
	if f, done := r.filter(name, w, in, p, depth); done {
		r.mark(byName["*"], strings.Join(w, " "), "", p, 1)
		return f
	}
	if rest, done := unwrap(name, w); done {
		return r.call(rest, in, p, depth+1)
	}
	if r.interpret(name, w, in, p, depth) {
		return flow{}
	}
	return r.plain(name, w, in, p, depth)
}

var printer = lazyregexp.New(`(?i)^(echo|printf|print|log|logger|say|die|warn(ing)?|err(or)?|info|debug|fatal|msg|message|notice|note|fail(ed)?|abort|usage|help|title|header|banner|success|status|wall|cowsay|figlet|write-(host|output|verbose|warning|error|log)|.*(_|-)(log|echo|msg|message|error|info)|(log|echo|print|error|info|warn|debug|show|report|notify)[-_].*)$`)

func prints(name string) bool { return printer.MatchString(name) }

var printFlag = lazyregexp.New(`^-[neEs]+$`)

func (r *reader) printed(w []string, p place) flow {
	args := w[1:]
	for len(args) > 0 && printFlag.MatchString(args[0]) {
		args = args[1:]
	}
	if w[0] == "printf" && len(args) > 1 && strings.Contains(args[0], "%") {
		return flow{text: strings.ReplaceAll(r.expand(formatted(args[0], args[1:])), `\n`, "\n"), p: p}
	}
	return flow{text: strings.ReplaceAll(r.expand(strings.Join(args, " ")), `\n`, "\n"), p: p}
}

var verb = lazyregexp.New(`%[sbd]`)

// formatted is what printf makes of a format and its arguments: the format is used again as long as there are any (POSIX, printf).
func formatted(format string, args []string) string {
	var b strings.Builder
	for verbs := len(verb.FindAllString(format, -1)); ; {
		b.WriteString(verb.ReplaceAllStringFunc(format, func(string) (arg string) {
			if len(args) > 0 {
				arg, args = args[0], args[1:]
			}
			return arg
		}))
		if len(args) == 0 || verbs == 0 || b.Len() > maxText {
			return b.String()
		}
	}
}

// plain marks a command that does its own work.
func (r *reader) plain(name string, w []string, in flow, p place, depth int) flow {
	text := strings.Join(w, " ")
	r.mark(byName["*"], text, "", p, 1)
	if name == "aws" {
		text = operation(w)
	}
	rows := byName[name]
	if lower := strings.ToLower(name); len(rows) == 0 && lower != name {
		rows = byName[lower]
	}
	known := r.mark(rows, text, "", p, 1)
	if (name == "mongo" || name == "mongosh") && !in.empty() {
		r.code(in.text, in.p, depth)
	}
	if !known && len(rows) == 0 && !quiet[name] {
		r.helped(name, w, in, p, depth)
	}
	if fetches[name] || name == "aws" && strings.Contains(text, " s3 cp") {
		return r.fetch(name, w)
	}
	return flow{}
}

var (
	toFile = lazyregexp.New(`^(-[a-zA-Z]*o|--output(-document)?)$`)
	toName = lazyregexp.New(`^(-[a-zA-Z]*O|--remote-name)$`)
)

// fetch notes where a command puts what it gets; without a file it gives it to the next.
func (r *reader) fetch(name string, w []string) flow {
	from, to := address(w), ""
	for i, word := range w[:len(w)-1] {
		switch {
		case toFile.MatchString(word) || name == "wget" && toName.MatchString(word) || word == from && name == "aws":
			to = r.expand(w[i+1])
		case toName.MatchString(word):
			to = base(from)
		}
	}
	if strings.Contains(strings.Join(w, " "), "O-") {
		to = "-"
	}
	if name == "wget" && to == "" {
		to = base(from)
	}
	if to != "" && to != "-" && len(r.gets) < maxFound {
		r.gets[to] = from
		return flow{}
	}
	return flow{fetched: from}
}

// fetchedText says that what a substitution fetches is run: $(curl …), <(curl …).
func (r *reader) fetchedText(word string, p place) {
	w := strings.Fields(strings.Trim(word, "<$(`)"))
	if len(w) > 1 && fetches[base(w[0])] {
		r.cannot("script "+address(w), p, 1)
	}
}

// runs says that a fetched file is run. A bare word may be a program of that name that was there before.
func (r *reader) runs(word string, p place, interpreted bool) {
	word = r.expand(word)
	from, is := r.gets[word]
	if here, relative := strings.CutPrefix(word, "./"); relative && !is {
		from, is = r.gets[here]
	}
	if is && (interpreted || strings.Contains(word, "/")) {
		r.cannot("script "+from, p, 1)
	}
}

// flags are options of aws that take no word.
var flags = words("--debug --no-verify-ssl --no-paginate --no-sign-request --no-cli-pager --no-cli-auto-prompt --no-include-email --dry-run --no-dry-run")

// operation is a line of aws: the service and the operation first, without the options that may stand before and between; then all of it.
func operation(w []string) string {
	line, n := "aws", 0
	for i := 1; i < len(w) && n < 4; i++ {
		if option := strings.HasPrefix(w[i], "-"); !option && !strings.ContainsAny(w[i], " \n") {
			line += " " + w[i]
			n++
		} else if option && !strings.Contains(w[i], "=") && !flags[w[i]] {
			i++
		}
	}
	return line + "\n" + strings.Join(w, " ")
}

var fetches = words("curl wget aria2c fetch")

func address(w []string) string {
	for _, word := range w {
		if strings.Contains(word, "://") {
			return word
		}
	}
	return "a program's output"
}

// quiet commands have words that look like commands and are none.
var quiet = words("test [ [[ command type which hash for case select function grep egrep fgrep rg find ls rm rmdir cp mv ln mkdir chmod chown touch stat file read unset alias cd pushd id useradd usermod groupadd git dpkg rpm pip pip3 jq kill pkill pgrep killall killproc ps ssh scp rsync kubectl helm terraform ansible packer return exit wait man complete")

// helpers are commands after which one may be meant by an owner's own function: retry 5 aws …
var helpers = words("aws kubeadm cfn-init cfn-signal cfn-hup nodeadm bootstrap.sh consul nomad vault k3s rke2 celery sidekiq buildkite-agent gitlab-runner systemctl service run-consul run-nomad run-vault config.sh")

var runs = lazyregexp.New(`(?i)retry|run|exec|try|attempt|wait|until|backoff|cmd|command|call|invoke|do`)

// helped reads the command that an owner's own function is given.
func (r *reader) helped(name string, w []string, in flow, p place, depth int) {
	for i, word := range w[1:] {
		first, more, several := strings.Cut(word, " ")
		switch {
		case !helpers[base(first)] && !strings.HasSuffix(first, "/eks/bootstrap.sh"):
			continue
		case several && runs.MatchString(name) && more != "":
			r.script(word, p, depth+1)
		case !several:
			r.call(w[i+1:], in, p, depth+1)
		}
		return
	}
}
