package emulator

import (
	"net/url"
	"regexp"
)

// mutant is one mistake in a request, or in what is done with its answer, as if a builder of it were wrong. It is made on
// the wire, between the built coordinator and the emulator, so that it costs no build. A mutant that the suite does not notice is
// a check that is missing.
type mutant struct {
	name   string
	call   string // service.Action
	wrong  func(*call)
	answer func([]byte) []byte
}

// drop takes out the parameters whose name matches.
func drop(pattern string) func(*call) {
	re := regexp.MustCompile(pattern)
	return func(k *call) {
		for name := range k.form {
			if re.MatchString(name) {
				delete(k.form, name)
			}
		}
	}
}

// put changes values that are exactly as given.
func put(old, new string) func(*call) {
	return func(k *call) {
		for name, values := range k.form {
			if len(values) == 1 && values[0] == old {
				k.form[name] = []string{new}
			}
		}
	}
}

// rename gives a parameter another name.
func rename(pattern, to string) func(*call) {
	re := regexp.MustCompile(pattern)
	return func(k *call) {
		form := url.Values{}
		for name, values := range k.form {
			form[re.ReplaceAllString(name, to)] = values
		}
		k.form = form
	}
}

// list sets one parameter.
func list(name, value string) func(*call) { return func(k *call) { k.form.Set(name, value) } }

// field changes a top-level field of the JSON protocol; nil takes it out.
func field(name string, change func(any) any) func(*call) {
	return func(k *call) {
		if v := change(k.doc[name]); v != nil {
			k.doc[name] = v
		} else {
			delete(k.doc, name)
		}
	}
}

func gone(any) any { return nil }

// onePage makes the list look as if whoever reads it did not follow the token.
func onePage(body []byte) []byte {
	return regexp.MustCompile(`(?i)<nextToken>[^<]*</nextToken>`).ReplaceAll(body, nil)
}
