package needs

import (
	"path"
	"strings"

	"autospotting/pkg/lazyregexp"
)

// file reads a file that user data writes, as what its beginning or its name says.
func (r *reader) file(name, text string, p place, depth int) {
	text, _, ok := legible(opened(text))
	if depth > maxDepth || !ok || forPeople.MatchString(name) {
		return
	}
	r.due(name, text, p)
	ext := strings.ToLower(path.Ext(name))
	switch first, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n"), "\n"); {
	case strings.HasPrefix(first, "#!"):
		r.shebang(first, text, p, depth)
	case ext == ".sh" || ext == ".bash" || strings.HasSuffix(name, "/rc.local") || strings.Contains(name, "/init.d/") || strings.Contains(name, "/bin/") && ext == "":
		r.script(text, p, depth+1)
	case codeFile[ext]:
		r.code(text, p, depth+1)
	case scheduled(name):
		r.cron(name, text, p, depth+1)
	default:
		r.settings(r.take(text, p), name, p, depth+1)
	}
}

// forPeople are files that nothing runs.
var forPeople = lazyregexp.New(`(?i)/(motd|issue(\.net)?|banner|readme)[^/]*$|\.(md|html?|css|svg|pem|crt|pub)$`)

var codeFile = words(".py .js .mjs .ts .rb .pl .go .php .ps1 .psm1 .bat .cmd .vbs .tf .lua .java .groovy")

func scheduled(name string) bool {
	return name == "crontab" || strings.Contains(name, "/cron.d/") || strings.Contains(name, "/cron/") || strings.HasSuffix(name, "crontab")
}

// shebang reads a script in the language that its first line names.
func (r *reader) shebang(first, text string, p place, depth int) {
	for _, word := range strings.Fields(strings.TrimPrefix(first, "#!")) {
		switch name := base(word); {
		case shells[name]:
			r.script(text, p, depth+1)
			return
		case interpreters.MatchString(name):
			r.code(text, p, depth+1)
			return
		}
	}
	if r.script(text, p, depth+1); strings.Contains(first, "ansible") {
		r.settings(text, "", p, depth+1)
	}
}

var schedule = lazyregexp.New(`^\s*(@\w+|([^\s=]+\s+){4}[^\s=]+)\s+(.*)$`)

// cron reads the commands of a crontab.
func (r *reader) cron(name, text string, p place, depth int) {
	for i, row := range strings.Split(text, "\n") {
		m := schedule.FindStringSubmatch(row)
		if m == nil || strings.HasPrefix(strings.TrimSpace(row), "#") {
			continue
		}
		run := m[3]
		if strings.Contains(name, "cron.d") || strings.HasSuffix(name, "/etc/crontab") {
			_, run, _ = strings.Cut(strings.TrimSpace(run), " ")
		}
		r.clock(run, p, i+1)
		r.script(run, p.at(i+1), depth+1)
	}
}

var (
	comment  = lazyregexp.New(`^\s*(#|;|//|--\s)`)
	runsLine = lazyregexp.New(`(?i)^\s*-?\s*"?(?:Exec(?:Start|StartPre|StartPost|Reload)|exec|command|cmd|entrypoint|run|shell|program)"?\s*[:=]\s*["'\[]*\s*[-@+!:]*(.*)$`)
	image    = lazyregexp.New(`^\s*-?\s*"?image"?\s*[:=]\s*["']?([^\s"']+)`)
	block    = lazyregexp.New(`^\s*"?([A-Za-z_]\w*)"?\s*(?:"([^"]*)"\s*)?[:=]?\s*\{\s*$`)
	manifest = lazyregexp.New(`(?m)^apiVersion:.*\n(.*\n)*?kind:`) // of Kubernetes: what it names runs elsewhere
	process  = lazyregexp.New(`^[A-Za-z_]\w*:\s+(.+)$`)
	jsonList = strings.NewReplacer(`", "`, " ", `","`, " ", `']`, "", `"]`, "", `', '`, " ", `"`, "", "]", "")
)

// settings reads a file of settings by its lines: units, configurations, environments. Its text is booked by who calls it.
func (r *reader) settings(text, file string, p place, depth int) {
	if depth > maxDepth {
		return
	}
	var in []string // the blocks that are open
	whole := ""     // a line that goes on
	theirs := manifest.MatchString(text)
	from := 0
	for i, row := range strings.Split(text, "\n") {
		row = strings.TrimRight(row, "\r")
		if comment.MatchString(row) && whole == "" {
			continue
		}
		if whole == "" {
			from = i + 1
		}
		if goes, is := strings.CutSuffix(row, `\`); is && len(whole) < 16<<10 {
			whole += goes + " "
			continue
		}
		row, whole = whole+row, ""
		r.setting(row, file, in, p, from, depth)
		if !theirs {
			r.started(row, file, p, from, depth)
		}
		if m := block.FindStringSubmatch(row); m != nil && len(in) < maxDepth {
			in = append(in, m[1])
		} else if strings.HasPrefix(strings.TrimSpace(row), "}") && len(in) > 0 {
			in = in[:len(in)-1]
		}
	}
}

func (r *reader) setting(row, file string, in []string, p place, line, depth int) {
	r.mark(byKind[settings], row, file, p, line)
	if len(in) > 0 {
		r.mark(byKind[settings], strings.Join(in, ".")+"."+strings.TrimSpace(row), file, p, line)
	}
}

// started reads a line that says what is run: a unit's, a container's.
func (r *reader) started(row, file string, p place, line, depth int) {
	if m := runsLine.FindStringSubmatch(row); m != nil {
		r.script(jsonList.Replace(m[1]), p.at(line), depth+1)
	} else if m := image.FindStringSubmatch(row); m != nil {
		r.plain(base(m[1]), []string{m[1]}, flow{}, p.at(line), depth+1)
	} else if m := process.FindStringSubmatch(row); m != nil && strings.HasSuffix(file, "Procfile") {
		r.script(m[1], p.at(line), depth+1)
	}
}
