package preflight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// denied asks IAM which of the actions, on which of the resources, the principal may not do: "ACTION on RESOURCE".
func (e *Examination) denied(ctx context.Context, principal string, resources []string, given map[string]string, actions ...string) (out []string, err error) {
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &principal, ActionNames: actions, ResourceArns: resources}
	for key, value := range given {
		in.ContextEntries = append(in.ContextEntries, types.ContextEntry{ContextKeyName: aws.String(key), ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{value}})
	}
	for {
		page, err := e.IAM.SimulatePrincipalPolicy(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.EvaluationResults {
			action := aws.ToString(r.EvalActionName)
			if len(r.ResourceSpecificResults) == 0 && r.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed {
				out = append(out, action+" on "+aws.ToString(r.EvalResourceName))
			}
			for _, one := range r.ResourceSpecificResults {
				if one.EvalResourceDecision != types.PolicyEvaluationDecisionTypeAllowed {
					out = append(out, action+" on "+aws.ToString(one.EvalResourceName))
				}
			}
		}
		if !page.IsTruncated {
			slices.Sort(out)
			return slices.Compact(out), nil
		}
		in.Marker = page.Marker
	}
}

// installer asks whether who asks may make the parts of the stack that are refused most often. It is no proof: policies of the
// organisation count, those of a session do not.
func (e *Examination) installer(ctx context.Context) {
	const check = "installer"
	principal, err := e.principal(ctx)
	if err != nil {
		e.unasked(check, err)
		return
	}
	if principal == "" {
		e.say(OK, check, "the account's root user may do everything", "")
		return
	}
	var missing []string
	for _, n := range e.needs() {
		denied, err := e.denied(ctx, principal, []string{n.resource}, n.given, n.actions...)
		if err != nil {
			e.unasked(check, err)
			return
		}
		missing = append(missing, denied...)
	}
	if len(missing) > 0 {
		e.say(Warning, check, "IAM says that you may not "+strings.Join(missing, ", "), "docs/install.md lists what the installer needs; what your organisation or session adds is not seen here")
		return
	}
	e.say(OK, check, "may change the stack, its roles and its function, and pass those roles on", "")
}

type need struct {
	actions  []string
	resource string
	given    map[string]string
}

func (e *Examination) needs() []need {
	partition := partitionOf(e.Caller)
	arn := func(service, region, rest string) string {
		return strings.Join([]string{"arn", partition, service, region, e.Account, rest}, ":")
	}
	role := func(name string) string { return arn("iam", "", "role/"+e.Stack+"-"+name+"-X") }
	return []need{
		{[]string{"cloudformation:CreateChangeSet", "cloudformation:GetTemplate", "cloudformation:ExecuteChangeSet"}, arn("cloudformation", e.Region, "stack/"+e.Stack+"/*"), nil},
		{[]string{"iam:CreateRole", "iam:PutRolePolicy"}, role("FunctionRole"), nil},
		{[]string{"iam:PassRole"}, role("FunctionRole"), map[string]string{"iam:PassedToService": "lambda.amazonaws.com"}},
		{[]string{"iam:PassRole"}, role("SchedulerRole"), map[string]string{"iam:PassedToService": "scheduler.amazonaws.com"}},
		{[]string{"lambda:CreateFunction"}, arn("lambda", e.Region, "function:"+e.Stack), nil},
	}
}

// principal is whose policies count: of a session, its role's; empty for the root user.
func (e *Examination) principal(ctx context.Context) (string, error) {
	kind, rest, _ := strings.Cut(e.Caller[strings.LastIndexByte(e.Caller, ':')+1:], "/")
	switch kind {
	case "root":
		return "", nil
	case "user":
		return e.Caller, nil
	case "assumed-role":
		name, _, _ := strings.Cut(rest, "/")
		out, err := e.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			return "", err
		}
		if out.Role == nil {
			return "", errors.New("no answer")
		}
		return aws.ToString(out.Role.Arn), nil
	}
	return "", fmt.Errorf("IAM simulates no %q", e.Caller)
}

func partitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 || parts[1] == "" {
		return "aws"
	}
	return parts[1]
}
