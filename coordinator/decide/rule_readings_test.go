package decide

import (
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// stays is the property that R5, R6 and R7 share: what nothing speaks against is not given up.
func stays(looser func(*run)) property {
	return property{"a debt that nothing speaks against stays open", func(s seen) string {
		if !s.undisputed() {
			return ""
		}
		return s.debt(func(d books.Debt) bool { _, open := s.p.Record.Books.Debt(d.Name()); return !open })
	}, looser}
}

func voidEverything(r *run) { r.b.Void(func(books.Debt) bool { return true }) }

// readings are the properties of the rules that take in what was heard and read.
var readings = map[int][]property{
	1: {
		{"a trusted notice for what is ours and lives is on record", func(s seen) string {
			for _, h := range s.w.Heard {
				if h.Kind == HeardTerminating && h.Trusted && !s.doomed(h.Instance) {
					return s.instance(func(i Instance) bool { return i.ID == h.Instance && i.Ours && i.Live() })
				}
			}
			return ""
		}, nil},
		{"what the spot request's status tells is on record", func(s seen) string {
			return s.instance(func(i Instance) bool { return noticed(i) && !s.doomed(i.ID) })
		}, nil},
		{"nobody is doomed by what nobody vouches for", func(s seen) string {
			return s.instance(func(i Instance) bool {
				_, known := s.w.Record.Notices[i.ID]
				vouched := firstOf(s.w.Heard, func(h Hint) string { return h.Instance }, func(h Hint) bool { return h.Instance == i.ID && h.Trusted })
				return s.doomed(i.ID) && !known && !noticed(i) && vouched == ""
			})
		}, func(r *run) {
			r.w.Heard = slices.Clone(r.w.Heard)
			for n := range r.w.Heard {
				r.w.Heard[n].Trusted = true
			}
			r.hear()
		}},
	},
	2: {
		{"a retirement is remembered for a minute", func(s seen) string {
			for id, at := range s.p.Record.Retired {
				if s.since(at) >= time.Minute {
					return id
				}
			}
			return ""
		}, nil},
		{"the notice for what has ended is forgotten", func(s seen) string {
			return s.instance(func(i Instance) bool { return s.doomed(i.ID) && !i.Live() && (!i.Member || i.Leaving()) })
		}, nil},
		{"the notice for what lives is not", func(s seen) string {
			return s.instance(func(i Instance) bool {
				_, before := s.w.Record.Notices[i.ID]
				return before && i.Live() && !s.doomed(i.ID)
			})
		}, func(r *run) { clear(r.rec.Notices) }},
	},
	3: {
		{"who is listed as a member is not still to be attached", func(s seen) string {
			return s.debt(func(d books.Debt) bool {
				now, open := s.p.Record.Books.Debt(d.Name())
				return d.Phase == books.Attaching && s.v.Get(d.Name()).Listed && open && now.Phase == books.Attaching
			})
		}, nil},
		{"nothing is owed for an attach that was never sent", func(s seen) string {
			return s.debt(func(d books.Debt) bool {
				now, open := s.p.Record.Books.Debt(d.Name())
				return d.Phase == books.Attaching && d.Sent.IsZero() && !s.v.Get(d.Name()).Listed && open && now.Owed()
			})
		}, func(r *run) {
			for _, d := range r.b.Debts() {
				r.on(d, books.SeenAttached)
			}
		}},
	},
	4: {{"what the owner's MaxSize has room for is not retired", func(s seen) string {
		if s.w.Record.Books.Lease().Open() {
			return ""
		}
		return s.debt(func(d books.Debt) bool {
			_, open := s.p.Record.Books.Debt(d.Name())
			return d.Kind == books.OverMax && s.v.Unpaid(d) && s.v.Stays(d.Victim) && open
		})
	}, nil}},
	5: {
		{"what was owed when desired was named is not owed any more", func(s seen) string {
			return s.debt(func(d books.Debt) bool {
				_, open := s.p.Record.Books.Debt(d.Name())
				return d.Owed() && open && firstOf(s.w.Activities, func(a Activity) string { return string(a.Kind) }, func(a Activity) bool {
					return a.Kind == Resize && a.At.After(s.v.AttachedAt(d))
				}) != ""
			})
		}, nil},
		stays(voidEverything),
	},
	6: {
		{"a number that is not due is doubted, or taken for the owner's", func(s seen) string {
			k := s.p.Record.Books
			if k.Owed() == 0 || k.MaybeAttached() || k.Doubted() || s.w.Group.Desired == k.Due() || s.after().Old() || len(k.Debts()) != len(s.w.Record.Books.Debts()) {
				return ""
			}
			return "desired"
		}, nil},
		stays(voidEverything),
	},
	7: {
		{"who is protected by its owner since is no victim", func(s seen) string {
			return s.debt(func(d books.Debt) bool {
				v, now := s.v.Get(d.Victim), books.Debt{}
				now, open := s.p.Record.Books.Debt(d.Name())
				return d.Owed() && s.v.Unpaid(d) && s.v.Stays(v.ID) && (v.Protected || v.Undeletable) && d.Kind == books.Exchange && !s.doomed(v.ID) && open && now.Victim == v.ID
			})
		}, nil},
		stays(voidEverything),
	},
	8: {
		{"a launch whose instance has ended is closed", func(s seen) string {
			return firstOf(s.p.Record.Intents, func(it ledger.Intent) string { return it.Instance }, func(it ledger.Intent) bool {
				i, found := s.v.Instance(it.Instance)
				return found && !i.Live()
			})
		}, nil},
		{"nothing that can wait is attached whose application is not known to be up", func(s seen) string {
			return firstOf(s.p.Record.Books.Debts(), func(d books.Debt) string { return d.Name() }, func(d books.Debt) bool {
				if _, before := s.w.Record.Books.Debt(d.Name()); before || d.Kind == books.OverMax {
					return false
				}
				said, i := s.p.Record.Said[d.Name()], s.v.Get(d.Name())
				mute := said.Hello.IsZero() && said.Started.IsZero() && s.since(i.Launched) >= s.w.Settings.Grace && i.StatusOK
				_, doomed := s.p.Record.Notices[d.Replacement.Victim]
				return d.Replacement.Purpose.Gradual() && !doomed && said.Ready.IsZero() && said.Started.IsZero() && !mute
			})
		}, func(r *run) {
			for _, it := range r.rec.Intents {
				r.b.Open(it.Replacement(), it.Victim, r.w.Group.Desired, r.now())
			}
			r.rec.Intents = nil
		}},
	},
}
