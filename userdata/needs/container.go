package needs

import "strings"

// alone are options of docker run that take no word.
var alone = words("-d -i -t -it -ti -dit -itd -dt -td -di -id --rm --detach --interactive --tty --privileged --init --read-only --no-healthcheck --oom-kill-disable --sig-proxy -P --publish-all --all --quiet -q --net-host --null-io")

// container reads an image that is run: its name and arguments as a command, the arguments as one, and the environment as settings. It
// reports whether the words run one.
func (r *reader) container(w []string, p place, depth int) bool {
	at := 1
	for at < len(w) && w[at] != "run" && w[at] != "create" && w[at] != "exec" {
		if w[at] == "pull" || w[at] == "build" || w[at] == "push" || w[at] == "tag" || w[at] == "login" || w[at] == "stop" || w[at] == "rm" || w[at] == "logs" || w[at] == "swarm" {
			return false
		}
		at++
	}
	if at >= len(w) {
		return false
	}
	exec := w[at] == "exec"
	var env []string
	for at++; at < len(w) && strings.HasPrefix(w[at], "-"); at++ {
		option, value, whole := strings.Cut(w[at], "=")
		if !whole && !alone[option] && at+1 < len(w) {
			at++
			value = w[at]
		}
		switch option {
		case "-e", "--env":
			env = append(env, value)
			r.settings(value, "container environment", p, depth)
		case "--entrypoint":
			r.plain(base(value), []string{value}, flow{}, p, depth+1)
		}
	}
	if at >= len(w) {
		return true
	}
	image, args := w[at], w[at+1:]
	if !exec {
		all := append(append([]string{image}, args...), env...)
		r.plain(base(image), all, flow{}, p, depth+1)
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		r.call(args, flow{}, p, depth+1)
	}
	return true
}

// rkt reads the images that rkt runs, and what it runs in them.
func (r *reader) rkt(w []string, p place, depth int) {
	for i, word := range w[1:] {
		program, is := strings.CutPrefix(word, "--exec=")
		if is || strings.HasPrefix(word, "docker://") || !strings.HasPrefix(word, "-") && strings.Contains(word, "/") {
			r.plain(base(program), append([]string{program}, w[i+2:]...), flow{}, p, depth+1)
		}
	}
}
