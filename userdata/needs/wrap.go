package needs

import (
	"strings"

	"autospotting/pkg/lazyregexp"
)

// wrappers run the command that follows them; the value lists the options that take a word of their own.
var wrappers = map[string]string{
	"sudo": "-u -g -h -p -C -r -t -U -D --user --group", "doas": "-u -C", "nohup": "", "exec": "-a", "time": "-f -o", "nice": "-n", "ionice": "-c -n -p",
	"setsid": "", "stdbuf": "-i -o -e", "builtin": "", "timeout": "-s -k --signal --kill-after", "env": "-u -C", "flock": "-w -E", "chroot": "", "gosu": "",
	"su-exec": "", "setpriv": "", "chpst": "-u -U -e -P -m", "unshare": "", "nsenter": "-t", "xargs": "-I -n -P -L -d -a -s -E", "watch": "-n", "systemd-run": "-p --unit --property -u",
	"dumb-init": "", "tini": "", "catchsegv": "", "numactl": "", "taskset": "", "cgexec": "-g", "retry": "-t -n -d -s --times --delay --sleep", "aws-vault": "", "chronic": "", "ltrace": "",
	"strace": "-o -e", "caffeinate": "", "bundle": "", "pipenv": "", "poetry": "", "uv": "", "pdm": "", "hatch": "", "cloud-init-per": "", "call": "", "&": "", "try": "",
	"with-contenv": "", "chamber": "", "envconsul": "-config", "ssm-env": "", "summon": "", "doppler": "", "dotenv": "-f", "foreman": "", "supervise": "", "setuidgid": "", "softlimit": "", "linux32": "",
}

// leads are how many words of its own a wrapper has before the command.
var leads = map[string]int{"timeout": 1, "flock": 1, "chroot": 1, "gosu": 1, "su-exec": 1, "chpst": 0, "taskset": 1, "cloud-init-per": 2, "chamber": 2, "setuidgid": 1}

// subcommand is the word of its own that makes it one.
var subcommand = map[string]string{"bundle": "exec", "pipenv": "run", "poetry": "run", "uv": "run", "pdm": "run", "hatch": "run", "aws-vault": "exec", "doppler": "run", "foreman": "run", "chamber": "exec"}

var numeral = lazyregexp.New(`^[0-9.]+[smhd]?$`)

// unwrap takes a wrapper off.
func unwrap(name string, w []string) (rest []string, ok bool) {
	options, ok := wrappers[name]
	if !ok {
		return nil, false
	}
	w = w[1:]
	if sub := subcommand[name]; sub != "" {
		if len(w) == 0 || w[0] != sub {
			return nil, false
		}
		w = w[1:]
		if name == "chamber" && len(w) > 0 {
			w = w[1:]
		}
	}
	taking := words(options)
	for len(w) > 0 && (strings.HasPrefix(w[0], "-") || assignment.MatchString(w[0])) {
		if w[0] == "--" {
			w = w[1:]
			break
		}
		takes := taking[w[0]] || name == "sudo" && len(w[0]) > 2 && w[0][1] != '-' && (strings.HasSuffix(w[0], "u") || strings.HasSuffix(w[0], "g"))
		w = w[1:]
		if takes && len(w) > 0 {
			w = w[1:]
		}
	}
	if name != "chamber" {
		w = w[min(leads[name], len(w)):]
	}
	for name == "retry" && len(w) > 0 && numeral.MatchString(w[0]) {
		w = w[1:]
	}
	if len(w) > 0 && w[0] == "--" {
		w = w[1:]
	}
	return w, true
}

var (
	shells       = words("sh bash dash ash zsh ksh sh.distrib rbash")
	interpreters = lazyregexp.New(`^(python[0-9.]*|ruby|perl|node|nodejs|php[0-9.]*|java|deno|bun|lua|tclsh|pwsh|powershell)$`)
)

// interpret reads what gives its command as text or as a file: shells, su, eval, interpreters, containers, services. False where it is none of these.
func (r *reader) interpret(name string, w []string, in flow, p place, depth int) bool {
	switch {
	case shells[name] || name == "su" || name == "runuser":
		r.shell(name, w, in, p, depth)
	case name == "eval":
		r.script(r.expand(strings.Join(w[1:], " ")), p, depth+1)
	case name == "trap" && len(w) > 2:
		r.script(w[1], p, depth+1)
	case (name == "source" || name == ".") && len(w) > 1:
		r.runs(w[1], p, true)
		r.plain(base(w[1]), w[1:], in, p, depth+1)
	case configures[name]:
		r.cannot("what "+name+" does", p, 1)
	case interpreters.MatchString(name):
		r.interpreter(w, in, p, depth)
	case name == "docker" || name == "podman" || name == "nerdctl" || name == "ctr":
		return r.container(w, p, depth)
	case name == "rkt":
		r.rkt(w, p, depth)
	case name == "systemctl" || name == "service" || name == "start" || name == "restart" || name == "supervisorctl" || name == "initctl" || name == "rc-service" || name == "invoke-rc.d" || name == "chkconfig" || name == "update-rc.d" || name == "rc-update" || name == "snapctl" || strings.HasPrefix(w[0], "/etc/init.d/"):
		r.service(name, w, p)
	case (name == "at" || name == "batch") && !in.empty():
		r.script(in.text, in.p, depth+1)
	case name == "crontab":
		if known, is := r.files[r.expand(w[len(w)-1])]; is && in.empty() {
			in = known
		}
		r.file("crontab", in.text, in.p, depth+1)
	case installs(name, w):
		r.mark(byName["installed"], "installed "+strings.Join(w[1:], " ")+" ", "", p, 1)
	default:
		return false
	}
	return true
}

func installs(name string, w []string) bool {
	return words("apt apt-get yum dnf zypper apk amazon-linux-extras microdnf")[name] && strings.Contains(" "+strings.Join(w, " ")+" ", " install ")
}

func (r *reader) shell(name string, w []string, in flow, p place, depth int) {
	user := name == "su" || name == "runuser"
	for i := 1; i < len(w); i++ {
		if w[i] == "-s" && !user { // the script comes from before, the words are its arguments
			r.mark(byName["piped"], "piped "+strings.TrimPrefix(strings.TrimPrefix(strings.Join(w[i+1:], " "), "- "), "-- "), "", p, 1)
			break
		}
		switch word := w[i]; {
		case (word == "-c" || word == "--command" || !user && strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.HasSuffix(word, "c")) && i+1 < len(w):
			r.script(r.expand(w[i+1]), p, depth+1)
			return
		case strings.HasPrefix(word, "--command="):
			r.script(strings.TrimPrefix(word, "--command="), p, depth+1)
			return
		case user && word == "--" || user && name == "runuser" && word == "-u" && i+2 < len(w):
			if word == "-u" {
				i++
				continue
			}
			r.call(w[i+1:], in, p, depth+1)
			return
		case (word == "-o" || word == "-O" || word == "-s" && user) && i+1 < len(w):
			i++
		case strings.HasPrefix(word, "-") || strings.HasPrefix(word, "+"):
		case !user && strings.HasPrefix(word, "<("):
			r.fetchedText(word, p)
			return
		case !user:
			r.runs(word, p, true)
			r.plain(base(word), w[i:], in, p, depth+1)
			return
		}
	}
	if in.fetched != "" {
		r.cannot("script "+in.fetched, p, 1)
	}
	if !in.empty() {
		r.script(in.text, in.p, depth+1)
	}
}

// moduleFlag names the next word as a module, codeFlag as a program.
var (
	moduleFlag = words("-m -jar --jar -cp -classpath")
	codeFlag   = words("-c -e -r --eval -Command -command")
)

func (r *reader) interpreter(w []string, in flow, p place, depth int) {
	for i := 1; i < len(w); i++ {
		more := i+1 < len(w)
		switch {
		case w[i] == "-cp" || w[i] == "-classpath":
			i++
		case moduleFlag[w[i]] && more:
			r.plain(base(w[i+1]), w[i+1:], in, p, depth+1)
			return
		case codeFlag[w[i]] && more:
			r.code(w[i+1], p, depth+1)
			return
		case (w[i] == "-File" || w[i] == "-file") && more:
			r.plain(base(w[i+1]), w[i+1:], in, p, depth+1)
			return
		case strings.EqualFold(w[i], "-EncodedCommand") && more:
			r.encoded(w[i+1], p, 1, depth+1)
			return
		case w[i] == "-" || strings.HasPrefix(w[i], "-"):
		default:
			r.runs(w[i], p, true)
			r.plain(base(w[i]), w[i:], in, p, depth+1)
			return
		}
	}
	if !in.empty() {
		r.code(in.text, in.p, depth+1)
	}
}

// configures are tools whose work stands elsewhere.
var configures = words("ansible-pull ansible-playbook chef-client chef-solo chef-apply cinc-client puppet salt-call salt-minion ansible chef salt_minion")

var serviceVerb = lazyregexp.New(`^(start|restart|enable|reenable|try-restart|reload-or-restart|on|defaults|add|update)$`)

// service turns the ways to start a service into one: started NAME.
func (r *reader) service(name string, w []string, p place) {
	starts := name == "invoke-rc.d" || name == "start" || name == "restart"
	var names []string
	if strings.HasPrefix(w[0], "/etc/init.d/") {
		names = append(names, name)
		r.mark(byName["*"], strings.Join(w, " "), "", p, 1)
	}
	for _, word := range w[1:] {
		switch {
		case serviceVerb.MatchString(word):
			starts = true
		case strings.HasPrefix(word, "-"):
			starts = starts || word == "--add"
		default:
			names = append(names, strings.TrimSuffix(strings.TrimSuffix(word, ".service"), ":*"))
		}
	}
	for _, n := range names {
		if starts {
			r.mark(byName["started"], "started "+base(r.expand(n)), "", p, 1)
		}
	}
}
