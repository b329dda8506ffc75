package decide

import (
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// kept is the property that no action breaks a promise of breaks.
func kept(says string, kind ActionKind, looser func(*run)) property {
	return property{says, func(s seen) string {
		return s.acts(func(a Action) bool { return a.Kind == kind && breaks(s.w, s.p, a) != "" })
	}, looser}
}

// deeds are the properties of the rules that close what is open, and answer what is urgent.
var deeds = map[int][]property{
	9: {
		{"whom AWS takes, a replacement is launched for", func(s seen) string {
			if !s.may(Answer) || len(s.p.Record.Intents) >= launchBatch {
				return ""
			}
			return s.instance(func(i Instance) bool {
				n := s.p.Record.Notices[i.ID]
				return s.doomed(i.ID) && i.Present() && n.Released.IsZero() && n.Tries < triesAll && !s.spokenFor(i.ID) && !s.w.Record.Books.Retiring(i.ID) && !s.v.Retired(i.ID) && len(s.p.Record.Retired) == 0
			})
		}, nil},
		kept("nobody is released long before its end", Retire, func(r *run) {
			for id := range r.rec.Notices {
				r.act(Action{Kind: Retire, Instance: id})
			}
		}),
	},
	10: {
		{"what the group lacks for a minute and fails to launch is filled", func(s seen) string {
			missing := s.w.Group.Desired - len(s.v.Live())
			if !s.may(Serve) || !s.w.Group.Enabled || missing <= 0 || !s.v.LaunchFails() || s.w.Record.Short.IsZero() || s.since(s.w.Record.Short) < shortFor ||
				s.v.Old() || s.w.Now.Before(s.p.Record.PausedUntil) || s.doing(SetDesired) || len(s.p.Record.Retired) > 0 {
				return ""
			}
			if on := len(s.p.Record.Intents) + len(s.p.Record.Books.Debts()); on >= min(missing, launchBatch) {
				return ""
			}
			return "the group"
		}, nil},
		{"nothing is filled that the group does not lack, or is not known to fail to launch", func(s seen) string {
			return s.launched(func(it ledger.Intent) bool {
				return it.Purpose == ledger.Fill && (!s.v.LaunchFails() && !(s.w.Unread && !s.w.Record.Short.IsZero()) || s.w.Group.Desired <= len(s.v.Live()))
			})
		}, func(r *run) { r.fill() }},
		kept("desired is never named below those who live", SetDesired, func(r *run) { r.act(Action{Kind: SetDesired, Desired: r.w.Group.Min}) }),
	},
	11: {
		{"what is ready is attached, or room is made for it", func(s seen) string {
			k := s.w.Record.Books
			if s.v.Old() || s.w.Group.Desired != k.Due() || !s.may(Serve) || k.MaybeAttached() || len(s.w.Activities) > 0 {
				return ""
			}
			return s.debt(func(d books.Debt) bool {
				i, found := s.v.Instance(d.Name())
				return d.Phase == books.Attaching && found && i.Live() && !i.Listed && s.since(d.At) <= attachFor && !s.does(AttachSome, d.Name()) && !s.doing(RaiseMax)
			})
		}, nil},
		kept("nothing is attached beyond MaxSize", AttachSome, func(r *run) {
			if ids := r.waiting(); len(ids) > 0 {
				r.act(Action{Kind: AttachSome, Instances: ids})
			}
		}),
	},
	12: {
		{"a replacement in service is protected while its debt is open", func(s seen) string {
			return firstOf(s.p.Record.Books.Debts(), func(d books.Debt) string { return d.Name() }, func(d books.Debt) bool {
				i := s.v.Get(d.Name())
				_, done := s.p.Record.Shielded[d.Name()]
				said, w := s.p.Record.Said[d.Name()], s.p.Record.Watched[d.Name()]
				up := !said.Ready.IsZero() || !said.Started.IsZero() || !said.Spoke() && w == (ledger.Watch{}) && s.since(i.Launched) >= s.w.Settings.Grace
				return up && d.Owed() && d.Kind != books.OverMax && d.Kind != books.Reversal && i.Lifecycle == "InService" && !i.Protected && !done
			})
		}, nil},
		{"nobody loses a protection that is not ours", func(s seen) string {
			return s.acts(func(a Action) bool { _, ours := s.w.Record.Shielded[a.Instance]; return a.Kind == Unprotect && !ours })
		}, func(r *run) {
			for _, i := range r.v.Live() {
				if i.Protected {
					r.act(Action{Kind: Unprotect, Instance: i.ID})
				}
			}
		}},
	},
	13: {
		{"a debt is paid when enough others serve", func(s seen) string {
			k := s.w.Record.Books
			if !s.undisputed() || s.v.Old() || s.w.Unread || !s.w.Group.Enabled || s.w.Settings.KeepOnDemand.Count > 0 || s.doing(AttachSome) || s.doing(Retire) || len(k.Debts()) != 1 || len(s.p.Record.Notices) > 0 {
				return ""
			}
			serving := 0
			for _, i := range s.v.Live() {
				if i.Serving() && (s.since(i.Launched) >= s.w.Settings.Grace || !s.p.Record.Said[i.ID].Ready.IsZero()) && i.ID != k.Debts()[0].Victim {
					serving++
				}
			}
			return s.debt(func(d books.Debt) bool {
				v := s.v.Get(d.Victim)
				return d.Phase == books.Attached && v.Present() && !v.Protected && !v.Undeletable && serving >= s.w.Group.Desired-s.p.Record.Books.Owed()
			})
		}, nil},
		kept("nobody is retired unless enough others serve", Retire, func(r *run) {
			for _, d := range r.b.Debts() {
				if d.Owed() && r.v.Stays(d.Victim) {
					r.act(Action{Kind: Retire, Instance: d.Victim, Decrement: true})
				}
			}
		}),
		{"nobody is retired while desired is another than is due", func(s seen) string {
			return s.acts(func(a Action) bool {
				d, paying := askedFor(&s.p.Record, a.Instance)
				return a.Kind == Retire && a.Decrement && paying && d.Phase == books.Paying && s.w.Group.Desired != s.p.Record.Books.Due()
			})
		}, payAnyway},
		{"nobody is retired while the activities cannot be read", func(s seen) string {
			return s.acts(func(a Action) bool {
				d, paying := askedFor(&s.p.Record, a.Instance)
				return a.Kind == Retire && a.Decrement && paying && d.Phase == books.Paying && s.w.Unread
			})
		}, payAnyway},
		{"so many are retired by one plan as a run calls, and together they leave enough in service", func(s seen) string {
			r := newRun(s.w)
			left, n := r.headcount(), 0
			for _, a := range s.p.Actions {
				d, paying := askedFor(&s.p.Record, a.Instance)
				if a.Kind != Retire || !a.Decrement || !paying || d.Phase != books.Paying || d.Kind == books.Reversal {
					continue
				}
				serves := left[a.Instance]
				delete(left, a.Instance)
				if n++; n > retireBatch || serves && n > 1 && len(left) < r.size() {
					return a.Instance
				}
			}
			return ""
		}, payAnyway},
	},
	14: {
		{"MaxSize is given back as soon as desired fits", func(s seen) string {
			l, g, r := s.w.Record.Books.Lease(), s.w.Group, s.p.Record
			if l.State != books.Raised || s.since(l.At) < time.Minute || g.Max != l.Leased || g.Min > l.Owner || g.Desired > l.Owner || !g.Found || s.w.Record.Books.Any() || r.Books.Any() || s.v.Old() ||
				s.v.Listed() > l.Owner || s.doing(Retire) || s.doing(RestoreMax) || len(r.Retired) > 0 {
				return ""
			}
			return "MaxSize"
		}, nil},
		kept("MaxSize is never set below desired", RestoreMax, func(r *run) {
			if l := r.b.Lease(); l.Open() {
				r.act(Action{Kind: RestoreMax, Max: l.Owner})
			}
		}),
		{"it is not given back in the plan that retires", func(s seen) string {
			if s.doing(RestoreMax) && slices.ContainsFunc(s.p.Actions, func(a Action) bool { return a.Kind == Retire }) {
				return "MaxSize"
			}
			return ""
		}, func(r *run) {
			if l := r.b.Lease(); l.Open() {
				r.act(Action{Kind: RestoreMax, Max: l.Owner})
			}
		}},
	},
}

// payAnyway is pay without what holds the first promise.
func payAnyway(r *run) {
	for _, d := range r.b.Debts() {
		if d.Owed() && r.v.Stays(d.Victim) {
			r.on(d, books.PaymentSent)
			r.act(Action{Kind: Retire, Instance: d.Victim, Decrement: true})
		}
	}
}
