package handle

import (
	"fmt"
	"strings"

	"autospotting/coordinator/decide"
)

// explain notes a plan's reasons.
func (h *Handler) explain(o *Outcome, group string, plan decide.Plan) {
	kind := "why"
	if c := plan.Record.Status.Code; c == "not-enabled" || c == "gone" {
		kind = "ignored"
	}
	for _, l := range plan.Why {
		of := kind
		if l.Heed {
			of = "why"
		}
		h.note(o, Note{Group: group, Instance: l.Instance, Kind: of, Text: l.Text})
	}
}

// describe says in one line what was done.
func describe(a decide.Action, res decide.Result) string {
	text := string(a.Kind)
	switch a.Kind {
	case decide.MakeTemplate:
		text = "make our launch template"
	case decide.LaunchOne:
		market := "on-demand"
		if a.Launch.Spot {
			market = "spot"
		}
		text = fmt.Sprintf("launch %s, %d pools offered", market, len(a.Launch.Overrides))
		for _, l := range res.Launched {
			text = fmt.Sprintf("launch %s %s: %s in %s", market, l.ID, l.Type, l.Zone)
		}
		if len(res.Launched) == 0 && res.Failure == decide.Done {
			text += ", none had capacity"
		}
	case decide.AttachSome:
		text = fmt.Sprintf("attach %s (desired + %d)", strings.Join(a.Instances, ", "), len(a.Instances))
	case decide.Retire:
		text = "retire " + a.Instance + " (desired - 1)"
		if !a.Decrement {
			text = "release " + a.Instance + " (the group replaces it)"
		}
	case decide.RaiseMax, decide.RestoreMax:
		text = fmt.Sprintf("%s to %d", a.Kind, a.Max)
	case decide.SetDesired:
		text = fmt.Sprintf("set desired to %d", a.Desired)
	case decide.TagStatus:
		text = "status tag " + a.Text
	case decide.Untag:
		text = "untag " + strings.Join(a.Instances, ", ")
	case decide.Terminate, decide.Protect, decide.Unprotect, decide.SetDraining, decide.SetActive, decide.AskNoMore:
		text = string(a.Kind) + " " + a.Instance
	case decide.AskDrain:
		text = "ask spotd on " + a.Instance + " to drain it until " + a.Text
	}
	text += ": " + a.Why
	if res.Detail != "" {
		text += " [" + res.Detail + "]"
	}
	return text
}
