package act

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Index keeps, where it outlives the process, what a notice needs to be answered before anything is described: which group an instance is of, and a
// sketch of each group.
type Index interface {
	Groups(ctx context.Context, instances []string) (map[string]string, error)
	Recall(ctx context.Context, group string) (rec ledger.Record, copied, sketch []byte, err error)
	Sketch(ctx context.Context, group string) ([]byte, error)
	Keep(ctx context.Context, group string, sketch []byte, came, went []string) error
}

// sketchFor is how long a sketch in which nothing changed is good: younger than what it stands beside (copyFor).
const sketchFor = time.Hour

// keepSketch draws the group as it was seen, where that is another picture than before. That it could not be kept harms nobody now: the notice is answered
// after a look, and the next look tries again.
func (a *Actor) keepSketch(ctx context.Context, w decide.World) {
	if a.Index == nil {
		return
	}
	before, known := a.cache.sketches.get(w.Group.Name)
	if !known {
		err := a.within(ctx, func(ctx context.Context) error {
			body, err := a.Index.Sketch(ctx, w.Group.Name)
			if err == nil && body != nil {
				err = json.Unmarshal(body, &before)
			}
			return err
		})
		if err != nil {
			return
		}
	}
	now := decide.SketchOf(w, before)
	if before.At.IsZero() && len(now.Ours) == 0 || same(now, before) && a.young(before.At, sketchFor) {
		return
	}
	came, went := changed(before.Ours, now.Ours)
	body, err := json.Marshal(now)
	if err == nil {
		err = a.within(ctx, func(ctx context.Context) error { return a.Index.Keep(ctx, w.Group.Name, body, came, went) })
	}
	if err == nil {
		a.cache.sketches.put(w.Group.Name, now)
	}
}

// same tells whether two sketches show the same members and allow the same.
func same(a, b decide.Sketch) bool {
	return a.Answers == b.Answers && slices.EqualFunc(a.Ours, b.Ours, func(x, y decide.Known) bool { return x.ID == y.ID })
}

// changed lists the ids that came and that went.
func changed(before, now []decide.Known) (came, went []string) {
	was, is := map[string]bool{}, map[string]bool{}
	for _, k := range before {
		was[k.ID] = true
	}
	for _, k := range now {
		if is[k.ID] = true; !was[k.ID] {
			came = append(came, k.ID)
		}
	}
	for _, k := range before {
		if !is[k.ID] {
			went = append(went, k.ID)
		}
	}
	return came, went
}

// Indexed names the groups of such of the instances as were noted.
func (a *Actor) Indexed(ctx context.Context, instances []string) (map[string]string, error) {
	if a.Index == nil {
		return nil, nil
	}
	return a.Index.Groups(ctx, instances)
}

// Recall is the group's world as it was last seen, with its record as it is; false where it is not known, or nothing may be launched in it by memory
// alone.
func (a *Actor) Recall(ctx context.Context, group string) (decide.World, bool, error) {
	if a.Index == nil {
		return decide.World{}, false, nil
	}
	rec, copied, drawn, err := a.Index.Recall(ctx, group)
	if err != nil {
		return decide.World{}, false, err
	}
	var c Copy
	var s decide.Sketch
	if copied == nil || drawn == nil || json.Unmarshal(copied, &c) != nil || json.Unmarshal(drawn, &s) != nil {
		return decide.World{Record: rec}, false, nil
	}
	w := s.World(a.Now(), rec)
	w.Template, w.Catalog = c.Template, c.Catalog
	w.Template.CopyOf = c.At
	w.Scarce, _ = a.cache.scarce.get("")
	return w, s.Answers && c.Template.Version != "" && a.young(c.At, copyFor) && a.young(c.Priced, copyFor), nil
}
