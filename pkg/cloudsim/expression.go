package cloudsim

import (
	"math/big"
	"reflect"
	"strings"

	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// condition evaluates a condition expression: attribute_exists, attribute_not_exists, the comparisons = <> < <= > >=,
// NOT, AND, OR and parentheses, over top-level attributes, #names and :values.
type condition struct {
	tokens []string
	names  map[string]string
	values item
	it     item
	err    error
}

func evalCondition(expr string, names map[string]string, values, it item) (bool, error) {
	p := &condition{tokens: tokenize(expr), names: names, values: values, it: it}
	ok := p.or()
	if p.err == nil && len(p.tokens) > 0 {
		p.fail("unexpected %s", p.tokens[0])
	}
	return ok, p.err
}

func tokenize(s string) []string {
	var out []string
	for len(s) > 0 {
		switch {
		case s[0] == ' ' || s[0] == '\t' || s[0] == '\n':
			s = s[1:]
		case strings.HasPrefix(s, "<>") || strings.HasPrefix(s, "<=") || strings.HasPrefix(s, ">="):
			out, s = append(out, s[:2]), s[2:]
		case strings.ContainsRune("()=<>,", rune(s[0])):
			out, s = append(out, s[:1]), s[1:]
		default:
			n := strings.IndexAny(s, " \t\n()=<>,")
			if n < 0 {
				n = len(s)
			}
			out, s = append(out, s[:n]), s[n:]
		}
	}
	return out
}

func (p *condition) fail(format string, args ...any) {
	if p.err == nil {
		p.err = apiError("ValidationException", "Invalid ConditionExpression: "+format, args...)
	}
	p.tokens = nil
}

func (p *condition) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *condition) next() string {
	t := p.peek()
	if t == "" {
		p.fail("it ends too early")
		return ""
	}
	p.tokens = p.tokens[1:]
	return t
}

func (p *condition) keyword(k string) bool {
	if !strings.EqualFold(p.peek(), k) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *condition) expect(t string) {
	if got := p.next(); got != t {
		p.fail("expected %s, found %q", t, got)
	}
}

func (p *condition) or() bool {
	v := p.and()
	for p.keyword("OR") {
		w := p.and()
		v = v || w
	}
	return v
}

func (p *condition) and() bool {
	v := p.not()
	for p.keyword("AND") {
		w := p.not()
		v = v && w
	}
	return v
}

func (p *condition) not() bool {
	if p.keyword("NOT") {
		return !p.not()
	}
	if p.keyword("(") {
		v := p.or()
		p.expect(")")
		return v
	}
	return p.primary()
}

func (p *condition) primary() bool {
	t := p.next()
	if t == "attribute_exists" || t == "attribute_not_exists" {
		p.expect("(")
		_, there := p.it[p.name(p.next())]
		p.expect(")")
		return there == (t == "attribute_exists")
	}
	a := p.operand(t)
	op := p.next()
	b := p.operand(p.next())
	return p.compare(a, op, b)
}

// name resolves #n; other words are attribute names themselves.
func (p *condition) name(t string) string {
	if !strings.HasPrefix(t, "#") {
		return t
	}
	n, ok := p.names[t]
	if !ok {
		p.fail("An expression attribute name used in the document path is not defined; attribute name: %s", t)
	}
	return n
}

func (p *condition) operand(t string) ddb.AttributeValue {
	if strings.HasPrefix(t, ":") {
		v, ok := p.values[t]
		if !ok {
			p.fail("An expression attribute value used in expression is not defined; attribute value: %s", t)
		}
		return v
	}
	return p.it[p.name(t)]
}

// compare: what is missing or of another type equals nothing and orders nowhere.
func (p *condition) compare(a ddb.AttributeValue, op string, b ddb.AttributeValue) bool {
	switch op {
	case "=":
		return a != nil && equalValues(a, b)
	case "<>":
		return !equalValues(a, b)
	case "<", "<=", ">", ">=":
		c, ok := order(a, b)
		return ok && map[string]bool{"<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op]
	}
	p.fail("cloudsim does not know the operator %q", op)
	return false
}

func equalValues(a, b ddb.AttributeValue) bool {
	if c, ok := order(a, b); ok {
		return c == 0
	}
	return reflect.DeepEqual(a, b)
}

func order(a, b ddb.AttributeValue) (int, bool) {
	switch x := a.(type) {
	case *ddb.AttributeValueMemberS:
		if y, ok := b.(*ddb.AttributeValueMemberS); ok {
			return strings.Compare(x.Value, y.Value), true
		}
	case *ddb.AttributeValueMemberN:
		if y, ok := b.(*ddb.AttributeValueMemberN); ok {
			m, ok1 := new(big.Float).SetString(x.Value)
			n, ok2 := new(big.Float).SetString(y.Value)
			if ok1 && ok2 {
				return m.Cmp(n), true
			}
		}
	}
	return 0, false
}
