package printed

import (
	"fmt"
	"reflect"
	"strings"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
	"autospotting/coordinator/plan"
)

// May is what may differ between a group as it is read live and as the files show it, each field with its reason. All else must be the same.
var May = map[string]string{
	"Record":              "what is under way only the ledger knows",
	"Heard":               "messages are in no file",
	"Shared":              "what other groups were refused lately is in the ledger's table",
	"Catalog.Source":      "says where the market was read",
	"Catalog.AsOf":        "says when the market was read",
	"Catalog.Assumptions": "says what was not known of the market",
	"Catalog.OnDemandUSD": "a type that the built-in table of types does not know has no built-in price offline; the plans are compared",
	"Instances.Balancer":  "what describe-target-health prints does not say of which target group it is",
}

// Worlds lists in what the world of files differs from the live one, by the fields' paths, but for what May allows.
func Worlds(live, files decide.World) []string {
	for _, w := range []*decide.World{&live, &files} { // files are of a region, a group is in some of its zones
		w.Catalog.Offered = inZones(w.Group, w.Catalog.Offered)
		w.Catalog.SpotUSD = inZones(w.Group, w.Catalog.SpotUSD)
	}
	var out []string
	differ(reflect.ValueOf(live), reflect.ValueOf(files), "", &out)
	return out
}

func inZones[V any](g decide.Group, all map[market.Pool]V) map[market.Pool]V {
	out := map[market.Pool]V{}
	for p, v := range all {
		if g.Subnets[p.Zone] != "" {
			out[p] = v
		}
	}
	return out
}

func differ(live, files reflect.Value, path string, out *[]string) {
	if _, may := May[path]; may {
		return
	}
	switch {
	case live.Kind() == reflect.Struct && reflect.PointerTo(live.Type()).Implements(reflect.TypeFor[fmt.Stringer]()) && live.NumMethod() > 8: // times
		if same := live.MethodByName("Equal").Call([]reflect.Value{files})[0].Bool(); !same {
			*out = append(*out, fmt.Sprintf("%s: live %v, files %v", path, live, files))
		}
	case live.Kind() == reflect.Struct:
		for i := range live.NumField() {
			if f := live.Type().Field(i); f.IsExported() {
				differ(live.Field(i), files.Field(i), strings.TrimPrefix(path+"."+f.Name, "."), out)
			}
		}
	case live.Kind() == reflect.Slice && live.Len() == files.Len() && live.Len() > 0 && live.Index(0).Kind() == reflect.Struct:
		for i := range live.Len() {
			differ(live.Index(i), files.Index(i), path, out)
		}
	case live.Kind() == reflect.Slice && live.Len() == 0 && files.Len() == 0, live.Kind() == reflect.Map && live.Len() == 0 && files.Len() == 0:
	default:
		if !reflect.DeepEqual(live.Interface(), files.Interface()) {
			*out = append(*out, fmt.Sprintf("%s: live %s, files %s", path, short(live), short(files)))
		}
	}
}

// short cuts what a large map would print.
func short(v reflect.Value) string {
	const most = 300
	text := fmt.Sprintf("%+v", v)
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// Plans lists in what the plan of files differs from the live one, but for what was assumed.
func Plans(live, files plan.Group) []string {
	for _, g := range []*plan.Group{&live, &files} {
		var why []string
		for _, w := range g.Why {
			if !strings.HasPrefix(w, "assumed: ") {
				why = append(why, w)
			}
		}
		g.Why = why
		for i := range g.Actions {
			g.Actions[i].Why, _, _ = strings.Cut(g.Actions[i].Why, "; assumed:")
		}
	}
	var out []string
	differ(reflect.ValueOf(live), reflect.ValueOf(files), "plan", &out)
	return out
}
