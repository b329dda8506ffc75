package preflight

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"autospotting/coordinator/settings"
	"autospotting/deploy/estate"
)

// groups tells of each whether it would be managed or refused, as far as can be told from outside.
func (e *Examination) groups(ctx context.Context, groups []estate.Group) {
	may := e.passes(ctx, estate.Roles(groups))
	for _, g := range groups {
		check := "group " + g.Name
		switch {
		case g.Problem != "":
			e.say(Warning, check, g.Problem, "")
		case g.Profile == "":
			e.say(Warning, check, "its instances have no instance profile: spotd stays off", "set its tag "+settings.Prefix+"minimal-profile to true, or give the template a profile")
		case !may(g.Role):
			e.say(Problem, check, "the function may not give "+g.Role+" to what it launches", "run spotctl up again: it adds the role")
		case strings.HasPrefix(g.Status, "refused"):
			e.say(Warning, check, g.Status, "spotctl plan --group "+g.Name+" says more")
		default:
			e.say(OK, check, cmp.Or(g.Status, "would be served"), e.untold(g))
		}
	}
}

// passes tells which of these roles the function may give to instances: as IAM decides where it can be asked, and else by the list
// that the stack was given. Before an installation it may give all, since spotctl up will name them.
func (e *Examination) passes(ctx context.Context, roles []string) func(role string) bool {
	if !e.Exists || len(roles) == 0 {
		return func(string) bool { return true }
	}
	function, err := e.functionRole(ctx)
	var denied []string
	if err == nil {
		denied, err = e.denied(ctx, function, roles, map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}, "iam:PassRole")
	}
	if err == nil {
		e.say(OK, "pass role", "asked IAM what the function may do, as "+function, "")
		return func(role string) bool {
			return !slices.ContainsFunc(denied, func(d string) bool { return strings.HasSuffix(d, role) })
		}
	}
	e.say(Warning, "pass role", "IAM cannot be asked what the function may do ("+e.Explain(err)+"): the stack's InstanceRoleArns are taken for it", "")
	listed := strings.Split(e.Parameters["InstanceRoleArns"], ",")
	return func(role string) bool { return slices.Contains(listed, role) }
}

// functionRole is the ARN of the role of the function that is installed.
func (e *Examination) functionRole(ctx context.Context) (string, error) {
	if e.Function == "" {
		return "", errors.New("the stack has no function yet")
	}
	out, err := e.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &e.Function})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Role), nil
}

// untold is how a group that does not let us write our status is taken out again: IAM then knows it by nothing but the tag by which it
// opted in (docs/iam.md, Leaving).
func (e *Examination) untold(g estate.Group) string {
	if !strings.EqualFold(cmp.Or(g.StatusTag, e.Parameters["StatusTag"]), "false") {
		return ""
	}
	return "its status tag is off: before it is taken out, set its tag " + settings.Prefix + "keep-on-demand to 100% and wait until it has no spot instance (docs/iam.md, Leaving)"
}
