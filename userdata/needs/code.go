package needs

import (
	"strings"

	"autospotting/pkg/lazyregexp"
)

var (
	codeComment = lazyregexp.New(`(?i)^\s*(#|//|\*|::|rem\b|=begin)|^\s*@rem\b`)
	tail        = lazyregexp.New(`\s(#|//)\s.*$`)
	printsCode  = lazyregexp.New(`(?i)^\s*(@?echo\b|print|println|puts|pp |fmt\.Print|log\.Print|console\.(log|error|warn|info)|(self\.)?_?log(ger|ging)?\.|log\b|syslog|warnings\.|raise |throw |Write-(Host|Output|Verbose|Warning|Error|EventLog|Information|Log|Debug)|\[?Console\]?|System\.out)`)
	quoted      = lazyregexp.New(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	base64Call  = lazyregexp.New(`(?:b64decode|FromBase64String|Base64\.(?:strict_)?decode64|Buffer\.from|atob)\(\s*b?["']([A-Za-z0-9+/=\s]{24,})["']`)
	encodedFlag = lazyregexp.New(`(?i)-e(?:nc|ncodedcommand)\s+["']?([A-Za-z0-9+/=]{24,})`)
)

// blocks of comments: what opens one at the beginning of a line, and what closes it.
var commentBlocks = [][2]string{{"<#", "#>"}, {"/*", "*/"}, {`"""`, `"""`}, {"'''", "'''"}}

// code reads a program that is no shell script, line by line.
func (r *reader) code(text string, p place, depth int) {
	if depth > maxDepth {
		return
	}
	text = r.take(text, p)
	until, whole, from := "", "", 0
	for i, row := range strings.Split(text, "\n") {
		row = strings.TrimRight(row, " \t\r")
		if until != "" {
			if strings.Contains(row, until) {
				until = ""
			}
			continue
		}
		if until = opensComment(row); until != "" || codeComment.MatchString(row) {
			continue
		}
		if whole == "" {
			from = i + 1
		}
		if goes := strings.TrimRight(row, "`^\\"); goes != row && len(whole) < 16<<10 { // the line goes on
			whole += goes + " "
			continue
		}
		r.statement(whole+row, p, from, depth)
		whole = ""
	}
	if whole != "" {
		r.statement(whole, p, from, depth)
	}
}

// opensComment is what ends the comment that begins on the line, if it does not end there.
func opensComment(row string) string {
	row = strings.TrimSpace(row)
	for _, b := range commentBlocks {
		if rest, ok := strings.CutPrefix(row, b[0]); ok && !strings.Contains(rest, b[1]) {
			return b[1]
		}
	}
	return ""
}

func (r *reader) statement(row string, p place, line, depth int) {
	row = tail.ReplaceAllString(row, "")
	if printsCode.MatchString(row) {
		row = quoted.ReplaceAllString(row, `""`)
		if echoed := strings.TrimSpace(row); strings.HasPrefix(strings.TrimPrefix(strings.ToLower(echoed), "@"), "echo ") && !strings.ContainsAny(echoed, ">|") {
			return
		}
	}
	called := r.called
	if r.mark(byKind[code], row, "", p, line); r.called > called {
		r.hooks = append(r.hooks, hookCall{stopped, r.hookAt, depth}) // whether it goes on where that throws cannot be told
	}
	if m := base64Call.FindStringSubmatch(row); m != nil {
		r.encoded(m[1], p, line, depth)
	}
	if m := encodedFlag.FindStringSubmatch(row); m != nil {
		r.encoded(m[1], p, line, depth)
	}
	r.spawned(row, p, line, depth)
}

var (
	spawns  = lazyregexp.New(`(?i)(subprocess|os\.system|popen|exec|spawn|system|shell|check_|Start-Process|Invoke-Expression|iex\b|run\(|%x|backtick)`)
	windows = lazyregexp.New(`^\s*(&\s*|call\s+|start\s+(/\w+\s+)*)?["']?([A-Za-z]:)?[\w\\/. -]*["']?\s`)
	argList = strings.NewReplacer(`["`, " ", `"]`, " ", `['`, " ", `']`, " ", `", "`, " ", `','`, " ", `', '`, " ", `","`, " ", `(`, " ", `)`, " ", `\`, "/", `"`, " ", `'`, " ", ";", "\n", "|", "\n", "$", "$")
)

// spawned reads the line as commands: a batch file's are, and programs start others.
func (r *reader) spawned(row string, p place, line, depth int) {
	if !spawns.MatchString(row) && !windows.MatchString(row+" ") {
		return
	}
	for _, part := range strings.Split(argList.Replace(row), "\n") {
		w := strings.Fields(part)
		for i, word := range w {
			name := base(word)
			if _, is := byName[name]; is && name != "*" && !plainWords[strings.ToLower(name)] && i < 8 {
				r.plain(name, w[i:], flow{}, p.at(line), maxDepth)
				break
			}
		}
	}
}

// plainWords are commands' names that are words of programs, too.
var plainWords = words("worker agent request license console started installed variable redis kafka que arq mongo setup kind circleci ray dagster server.sh client.sh run.sh start.sh ua pro solr nats minio splunk consul-template prefect dask temporal cassandra zookeeper elasticsearch opensearch concourse curl wget")
