// Package lazyregexp holds regular expressions that are compiled when they are first used. A Lambda function that starts has no time
// for a hundred of them, of which one message needs a few.
package lazyregexp

import (
	"regexp"
	"sync"
)

// Regexp is an expression of the program's own. It is safe for concurrent use, and must not be copied. Its methods are those of [regexp.Regexp].
type Regexp struct {
	source string
	once   sync.Once
	re     *regexp.Regexp
}

// New compiles nothing, so a package-level variable made by it costs no time at the start. An expression that cannot be compiled panics
// when it is first used: this package's test compiles every literal that the repository hands to New.
func New(source string) *Regexp { return &Regexp{source: source} }

// Get is the compiled expression.
func (r *Regexp) Get() *regexp.Regexp {
	r.once.Do(func() { r.re = regexp.MustCompile(r.source) })
	return r.re
}

func (r *Regexp) String() string { return r.source }

func (r *Regexp) MatchString(s string) bool { return r.Get().MatchString(s) }

func (r *Regexp) Match(b []byte) bool { return r.Get().Match(b) }

func (r *Regexp) FindString(s string) string { return r.Get().FindString(s) }

func (r *Regexp) FindStringIndex(s string) []int { return r.Get().FindStringIndex(s) }

func (r *Regexp) FindStringSubmatch(s string) []string { return r.Get().FindStringSubmatch(s) }

func (r *Regexp) FindAllString(s string, n int) []string { return r.Get().FindAllString(s, n) }

func (r *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return r.Get().FindAllStringSubmatch(s, n)
}

func (r *Regexp) ReplaceAllString(s, by string) string { return r.Get().ReplaceAllString(s, by) }

func (r *Regexp) ReplaceAllStringFunc(s string, by func(string) string) string {
	return r.Get().ReplaceAllStringFunc(s, by)
}
