package userdata

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"autospotting/pkg/lazyregexp"
)

// windows is the key of Settings.SHA256 for the only Windows build of spotd.
const windows = "windows-amd64"

// On Windows ours is a batch script, or the beginning of the owner's: the
// agents run one script of each kind, the batch script first and in a process of its
// own (EC2 user guide, "user data scripts"), and nothing that a batch script
// meets ends it. So neither can fail the other.
const (
	batchBegin = "\r\n@rem spotd-begin "
	isWithin   = "within the owner's script\r\n"
	isBehind   = "behind all else\r\n"
	batchEnd   = "@rem spotd-end\r\n"
	tagBegin   = "\r\n<script>"
	tagEnd     = "</script>\r\n"
	batchWidth = 1000 // of a line, of which cmd takes 8191
)

// batchShape is how the batch script writes the bootstrap to files and runs it.
type batchShape struct {
	prepare, echo, run string
}

// Users may create files in the system's %TEMP%, so a name there that can be foreseen
// is theirs first. Below %ProgramFiles% they may not, and the name is made up.
var batchNow = batchShape{
	prepare: "@mkdir \"%ProgramFiles%\\spotd\" 2>nul\r\n" +
		"@set SPOTD_RUN=%ProgramFiles%\\spotd\\%RANDOM%%RANDOM%%RANDOM%\r\n",
	echo: `@>>"%SPOTD_RUN%.b64" echo `,
	run: "@certutil -f -decode \"%SPOTD_RUN%.b64\" \"%SPOTD_RUN%.ps1\" >nul\r\n" +
		"@powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"%SPOTD_RUN%.ps1\"\r\n" +
		"@del /q \"%SPOTD_RUN%.b64\" \"%SPOTD_RUN%.ps1\"\r\n" +
		"@set SPOTD_RUN=\r\n" +
		"@ver >nul\r\n", // leaves ERRORLEVEL 0, as it was
}

// batchShapes are what is taken out again: what earlier releases wrote, too.
var batchShapes = []batchShape{batchNow, {
	prepare: "@del /q \"%TEMP%\\spotd-bootstrap.b64\" 2>nul\r\n",
	echo:    `@>>"%TEMP%\spotd-bootstrap.b64" echo `,
	run: "@certutil -f -decode \"%TEMP%\\spotd-bootstrap.b64\" \"%TEMP%\\spotd-bootstrap.ps1\" >nul\r\n" +
		"@powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"%TEMP%\\spotd-bootstrap.ps1\"\r\n" +
		"@ver >nul\r\n",
}}

var (
	scriptTag  = lazyregexp.New(`(?i)<script>`)
	powershell = lazyregexp.New(`(?is)<powershell>.*?</powershell>`)
)

func joinWindows(b []byte, format Format, script string) (out []byte, reason string) {
	return batchNow.join(b, format, script)
}

func (s batchShape) join(b []byte, format Format, script string) (out []byte, reason string) {
	if format == WindowsYAML {
		return joinTasks(b, script)
	}
	for _, block := range powershell.Get().FindAll(b, -1) {
		if scriptTag.Match(block) {
			return nil, "its PowerShell holds <script>, which the agents may take for a batch script"
		}
	}
	if tag := scriptTag.Get().FindIndex(b); tag != nil {
		return slices.Concat(b[:tag[1]], []byte(s.batch(isWithin, script)), b[tag[1]:]), ""
	}
	return slices.Concat(b, []byte(tagBegin+s.batch(isBehind, script)+tagEnd)), ""
}

// batch writes the script to a file and runs it. The byte-order mark is what
// Windows PowerShell knows UTF-8 by.
func (s batchShape) batch(where, script string) string {
	var b strings.Builder
	b.WriteString(batchBegin + where + s.prepare)
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(string(bom)+script))), batchWidth) {
		b.WriteString(s.echo + string(line) + "\r\n")
	}
	b.WriteString(s.run + batchEnd)
	return b.String()
}

// unbatch reads the script back from the text behind batchBegin.
func (s batchShape) unbatch(text string) (script string) {
	var packed strings.Builder
	for line := range strings.SplitSeq(text, "\r\n") {
		line, _ = strings.CutPrefix(line, s.echo)
		if !strings.HasPrefix(line, "@") {
			packed.WriteString(line)
		}
	}
	raw, _ := base64.StdEncoding.DecodeString(packed.String()) // what is wrong does not become the same again
	return strings.TrimPrefix(string(raw), string(bom))
}

func splitWindows(b []byte) (owner []byte, script string, ok bool) {
	for _, s := range batchShapes {
		if owner, script, ok = s.split(b); ok {
			return owner, script, ok
		}
	}
	return nil, "", false
}

func (s batchShape) split(b []byte) (owner []byte, script string, ok bool) {
	try := func(start, end int, text string) {
		rest := slices.Concat(b[:start], b[end:])
		format := Detect(rest)
		if ok || (format != WindowsXML && format != WindowsYAML) {
			return
		}
		if again, _ := s.join(rest, format, text); bytes.Equal(again, b) {
			owner, script, ok = rest, text, true
		}
	}
	if start, end, text, found := findTask(b); found {
		try(start, end, text)
	}
	tag := scriptTag.Get().FindIndex(b)
	if tag == nil {
		return owner, script, ok
	}
	if text, begins := strings.CutPrefix(string(b[tag[1]:]), batchBegin+isWithin); begins {
		if body, _, ends := strings.Cut(text, batchEnd); ends {
			try(tag[1], tag[1]+len(batchBegin+isWithin)+len(body)+len(batchEnd), s.unbatch(body))
		}
	}
	behind := tagBegin + batchBegin + isBehind
	if start := bytes.LastIndex(b, []byte(behind)); start >= 0 {
		body, _, _ := strings.Cut(string(b[start+len(behind):]), batchEnd)
		try(start, len(b), s.unbatch(body))
	}
	return owner, script, ok
}

// Tasks of EC2Launch v2 run in order; ours is the first, goes to the background
// at once and ends well. It is put in as text, so that nothing of the
// owner's document is written anew.
var (
	tasksList = taskList(`- `)
	taskBegin = []string{"# spotd-begin", "- task: executeScript", "  inputs:", "  - frequency: always", "    type: powershell", "    runAs: localSystem", "    content: |-"}
	ourTask   = taskList(taskBegin[0])
)

// taskList finds the key tasks and what the first line of its list begins with.
func taskList(begins string) *lazyregexp.Regexp {
	return lazyregexp.New(`(?m)^tasks:[ \t]*(\r?\n)([ \t]*\r?\n)*( *)` + begins)
}

const (
	taskIndent = "      "
	taskEnd    = "# spotd-end"
)

func joinTasks(b []byte, script string) (out []byte, reason string) {
	m := tasksList.Get().FindSubmatchIndex(b)
	if m == nil {
		return nil, "its tasks are not a list with a line for each"
	}
	if !plain([]byte(script)) {
		return nil, "a setting is not ASCII, and in which encoding the agent writes scripts is not documented"
	}
	eol, indent, at := string(b[m[2]:m[3]]), string(b[m[6]:m[7]]), m[6]
	return slices.Concat(b[:at], []byte(task(script, indent, eol)), b[at:]), ""
}

func task(script, indent, eol string) string {
	var b strings.Builder
	for _, line := range taskBegin {
		b.WriteString(indent + line + eol)
	}
	for line := range strings.Lines(script) {
		b.WriteString(strings.TrimRight(indent+taskIndent+strings.TrimSuffix(line, "\n"), " ") + eol)
	}
	b.WriteString(indent + taskEnd + eol)
	return b.String()
}

// findTask finds where ours stands and the script in it.
func findTask(b []byte) (start, end int, script string, ok bool) {
	m := ourTask.Get().FindSubmatchIndex(b)
	if m == nil {
		return 0, 0, "", false
	}
	eol, indent, start := string(b[m[2]:m[3]]), string(b[m[6]:m[7]]), m[6]
	text := string(b[start:])
	head := indent + strings.Join(taskBegin, eol+indent) + eol
	body, _, ends := strings.Cut(text, eol+indent+taskEnd+eol)
	body, begins := strings.CutPrefix(body, head)
	if !ends || !begins {
		return 0, 0, "", false
	}
	for line := range strings.SplitSeq(body, eol) {
		script += strings.TrimPrefix(line, indent+taskIndent) + "\n"
	}
	return start, start + len(head) + len(body) + len(eol+indent+taskEnd+eol), script, true
}
