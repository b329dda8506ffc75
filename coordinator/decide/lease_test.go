package decide

import (
	"slices"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
)

func TestALeaseRemembersWhenItBegan(t *testing.T) {
	t.Parallel()
	began := noon.Add(-9 * time.Minute)
	for name, c := range map[string]struct {
		before *books.StoredLease
		want   time.Time
		tried  []int
	}{
		"the first raise":                              {nil, noon, []int{6}},
		"raised further":                               {&books.StoredLease{Owner: 4, Leased: 5, Tried: []int{5}, Raised: true, At: noon.Add(-2 * time.Minute), Since: began}, began, []int{5, 6}},
		"raised anew after it returned":                {&books.StoredLease{Owner: 4, Leased: 5, Tried: []int{5}, Raised: true, Returned: true, At: noon.Add(-20 * time.Second), Since: began}, noon, []int{5, 6}},
		"given back so long ago that no read is older": {&books.StoredLease{Owner: 4, Leased: 5, Tried: []int{5}, Raised: true, Returned: true, At: noon.Add(-time.Minute), Since: began}, noon, []int{6}},
	} {
		w := web()
		w.keep(func(k *books.Stored) { k.Lease = c.before })
		r := newRun(w)
		r.raise(6)
		if l := r.b.Lease(); !l.Since.Equal(c.want) || !l.At.Equal(noon) || !slices.Equal(l.Tried, c.tried) {
			t.Errorf("%s: %+v, want one since %s", name, l, c.want)
		}
	}
}
