package preflight

import (
	"context"
	"strings"
	"testing"

	"autospotting/coordinator/settings"
	"autospotting/deploy/estate"
)

func TestAnAccountThatIsReadyHasNothingToMend(t *testing.T) {
	_, e := ready()
	for _, f := range e.Run(t.Context()) {
		if f.Level != OK || f.Remedy != "" || f.Region != "eu-west-1" {
			t.Errorf("found %+v", f)
		}
	}
}

func TestWhatTheAccountLacksIsFound(t *testing.T) {
	for _, one := range []struct {
		name    string
		prepare func(*cloud, *Examination)
		check   string
		want    []string
	}{
		{"a region that is not opted in", func(c *cloud, _ *Examination) { c.optedOut = true }, "region", []string{"problem eu-west-1 is not opted in"}},
		{"no service-linked roles", func(c *cloud, _ *Examination) { c.noRoles = true }, "service-linked role",
			[]string{"warning AWSServiceRoleForEC2Spot is missing", "warning AWSServiceRoleForEC2Fleet is missing"}},
		{"no spot at all", func(c *cloud, _ *Examination) { c.quota = 0 }, "spot quota", []string{"problem the account may run no vCPU of spot"}},
		{"few functions at once", func(c *cloud, _ *Examination) { c.concurrency = 10 }, "lambda concurrency", []string{"warning 10 executions at once"}},
		{"a predecessor", func(c *cloud, _ *Examination) { c.stacks = append(c.stacks, "AutoSpotting-legacy") }, "predecessor", []string{"warning stacks of the same kind: AutoSpotting-legacy"}},
		{"another installation", func(c *cloud, _ *Examination) {
			c.stacks = append(c.stacks, "my-autospotting FunctionName EventsTopicArn")
		}, "predecessor", []string{"warning stacks of the same kind: my-autospotting"}},
		{"the generator of an organization, which is none", func(c *cloud, _ *Examination) { c.stacks = append(c.stacks, "autospotting-generator EventsTopicArn") }, "predecessor", []string{"ok no other stack"}},
		{"a question that is refused", func(c *cloud, _ *Examination) { c.refused = "GetServiceQuota" }, "spot quota", []string{"warning cannot be asked: AccessDenied"}},
		{"groups that cannot be listed", func(_ *cloud, e *Examination) {
			e.Groups = func(context.Context, settings.Scope) ([]estate.Group, error) { return nil, errRefused }
		}, "groups", []string{"warning cannot be asked: AccessDenied"}},
		{"no group in scope", func(_ *cloud, e *Examination) {
			e.Groups = func(context.Context, settings.Scope) ([]estate.Group, error) { return nil, nil }
		}, "groups", []string{"warning no Auto Scaling group with the tag spot-enabled=true"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, e := ready()
			one.prepare(c, e)
			expect(t, e.Run(t.Context()), one.check, one.want...)
		})
	}
}

func TestWhetherAGroupWouldBeServedIsSaid(t *testing.T) {
	for _, one := range []struct {
		name    string
		group   estate.Group
		prepare func(*cloud, *Examination)
		want    string
	}{
		{"nothing is against it", estate.Group{Profile: "web", Role: web}, nil, "ok would be served"},
		{"its status is passed on", estate.Group{Profile: "web", Role: web, Status: "managed: 3 of 3 on spot"}, nil, "ok managed: 3 of 3 on spot"},
		{"it is refused", estate.Group{Profile: "web", Role: web, Status: "refused: a warm pool"}, nil, "warning refused: a warm pool"},
		{"its template is gone", estate.Group{Problem: "its launch template cannot be read"}, nil, "warning its launch template cannot be read"},
		{"spotd cannot be aboard", estate.Group{}, nil, "warning its instances have no instance profile: spotd stays off"},
		{"IAM denies its role", estate.Group{Profile: "web", Role: web}, func(c *cloud, _ *Examination) { c.denied = []string{function + " iam:PassRole " + web} },
			"problem the function may not give " + web},
		{"IAM denies a role of a longer name", estate.Group{Profile: "web", Role: web}, func(c *cloud, _ *Examination) { c.denied = []string{function + " iam:PassRole x" + web} },
			"ok would be served"},
		{"IAM cannot be asked, and the stack lists the role", estate.Group{Profile: "web", Role: web}, func(c *cloud, _ *Examination) { c.refused = "SimulatePrincipalPolicy" },
			"ok would be served"},
		{"IAM cannot be asked, and the stack does not list it", estate.Group{Profile: "web", Role: web}, func(c *cloud, e *Examination) {
			c.refused, e.Parameters = "SimulatePrincipalPolicy", map[string]string{"InstanceRoleArns": web + "2"}
		}, "problem the function may not give " + web},
		{"nothing is installed yet", estate.Group{Profile: "web", Role: web}, func(_ *cloud, e *Examination) { e.Exists, e.Parameters = false, nil }, "ok would be served"},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, e := ready()
			one.group.Name = "web"
			e.Groups = func(context.Context, settings.Scope) ([]estate.Group, error) { return []estate.Group{one.group}, nil }
			if one.prepare != nil {
				one.prepare(c, e)
			}
			expect(t, e.Run(t.Context()), "group web", one.want)
		})
	}
}

func TestWhatTheInstallerMayNotDoIsNamed(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/autospotting-FunctionRole-X"
	for _, one := range []struct{ name, caller, denied, want string }{
		{"a user who may all", "arn:aws:iam::123456789012:user/me", "", "ok may change the stack"},
		{"a user who may not pass roles on", "arn:aws:iam::123456789012:user/me", "arn:aws:iam::123456789012:user/me iam:PassRole " + role, "warning IAM says that you may not iam:PassRole on " + role},
		{"a session counts as its role", "arn:aws:sts::123456789012:assumed-role/admin/me", "arn:aws:iam::123456789012:role/team/admin iam:CreateRole " + role, "warning IAM says that you may not iam:CreateRole on " + role},
		{"the root user", "arn:aws:iam::123456789012:root", "", "ok the account's root user"},
		{"somebody whom IAM does not simulate", "arn:aws:sts::123456789012:federated-user/me", "", "warning cannot be asked: IAM simulates no"},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, e := ready()
			e.Caller, c.denied = one.caller, []string{one.denied}
			expect(t, e.Run(t.Context()), "installer", one.want)
		})
	}
}

func TestTheInstallersRightsAreAskedInItsPartition(t *testing.T) {
	_, e := ready()
	e.Caller = "arn:aws-cn:iam::123456789012:user/me"
	for _, n := range e.needs() {
		if !strings.HasPrefix(n.resource, "arn:aws-cn:") {
			t.Errorf("asked is %s", n.resource)
		}
	}
}

func TestHowAGroupWithoutAStatusTagIsTakenOutIsSaid(t *testing.T) {
	for _, one := range []struct {
		tag, parameter string
		want           bool
	}{{"", "", false}, {"true", "", false}, {"true", "false", false}, {"false", "", true}, {"false", "true", true}, {"", "false", true}} {
		_, e := ready()
		groupWith(e, estate.Group{Name: "web", StatusTag: one.tag})
		e.Parameters["StatusTag"] = one.parameter
		for _, f := range e.Run(t.Context()) {
			if f.Check == "group web" && (f.Level != OK || strings.Contains(f.Remedy, "keep-on-demand to 100%") != one.want) {
				t.Errorf("with the tag %q and the parameter %q: %+v", one.tag, one.parameter, f)
			}
		}
	}
}
