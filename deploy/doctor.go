package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"autospotting/coordinator/settings"
)

// finding is one line of the doctor's.
type finding struct {
	Region string `json:"region"`
	Check  string `json:"check"`
	Level  string `json:"level"` // ok, warning, problem
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// The levels.
const (
	fine    = "ok"
	warning = "warning"
	problem = "problem"
)

// errUnfit is the end of an examination that found problems.
var errUnfit = errors.New("there are problems to be solved first")

func runDoctor(ctx context.Context, o *options, st streams) error {
	if err := o.known(); err != nil {
		return err
	}
	all := []finding{}
	err := o.everywhere(ctx, st, func(ctx context.Context, s *site) error {
		e := &examination{site: s}
		e.run(ctx)
		all = append(all, e.found...)
		return ctx.Err()
	})
	unfit := slices.ContainsFunc(all, func(f finding) bool { return f.Level == problem })
	err = errors.Join(err, o.finish(st, all, func() {
		for _, f := range all {
			fmt.Fprintf(st.out, "%-14s %-8s %-22s %s\n", f.Region, f.Level, f.Check, f.Text)
			if f.Remedy != "" {
				fmt.Fprintf(st.out, "%-47s %s\n", "", f.Remedy)
			}
		}
	}))
	if err == nil && unfit {
		err = errUnfit
	}
	return err
}

// examination looks at one region. What cannot be asked is a warning: the installer may well lack rights that the stack needs not.
type examination struct {
	*site
	found []finding
}

func (e *examination) say(level, check, text, remedy string) {
	e.found = append(e.found, finding{e.region, check, level, text, remedy})
}

// unasked notes that a question was not answered.
func (e *examination) unasked(check string, err error) {
	e.say(warning, check, "cannot be asked: "+explain(err), "")
}

func (e *examination) run(ctx context.Context) {
	e.say(fine, "credentials", fmt.Sprintf("account %s, as %s", e.account, e.caller), "")
	for _, check := range []func(context.Context){e.optedIn, e.serviceRoles, e.spotQuota, e.concurrency, e.predecessors, e.endpoints, e.groups} {
		check(ctx)
	}
}

func (e *examination) optedIn(ctx context.Context) {
	out, err := e.ec2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{e.region}, AllRegions: aws.Bool(true)})
	if err != nil || len(out.Regions) == 0 {
		e.unasked("region", cmp.Or(err, fmt.Errorf("no region %s", e.region)))
		return
	}
	if status := aws.ToString(out.Regions[0].OptInStatus); status == "not-opted-in" {
		e.say(problem, "region", e.region+" is not opted in", "aws account enable-region --region-name "+e.region)
		return
	}
	e.say(fine, "region", e.region+" is open to the account", "")
}

// serviceRoles: spot and fleets need roles that AWS makes at the first use from the console, and not from its API (EC2 user guide,
// "Service-linked role for Spot Instance requests").
func (e *examination) serviceRoles(ctx context.Context) {
	for _, r := range []struct{ name, service string }{{"AWSServiceRoleForEC2Spot", "spot.amazonaws.com"}, {"AWSServiceRoleForEC2Fleet", "ec2fleet.amazonaws.com"}} {
		_, err := e.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.name)})
		switch {
		case err == nil:
			e.say(fine, "service-linked role", r.name+" is there", "")
		case strings.Contains(err.Error(), "NoSuchEntity"):
			e.say(warning, "service-linked role", r.name+" is missing; AWS makes it at the first launch where the function may", "aws iam create-service-linked-role --aws-service-name "+r.service)
		default:
			e.unasked("service-linked role", err)
		}
	}
}

// Quota codes of Service Quotas.
const (
	spotStandard = "L-34B43A08" // All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests, vCPUs
	lambdaAtOnce = 100          // concurrent executions below which a storm of notices has to wait
)

func (e *examination) spotQuota(ctx context.Context) {
	out, err := e.quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("ec2"), QuotaCode: aws.String(spotStandard)})
	if err != nil || out.Quota == nil {
		e.unasked("spot quota", cmp.Or(err, errors.New("no answer")))
		return
	}
	n := aws.ToFloat64(out.Quota.Value)
	if n < 1 {
		e.say(problem, "spot quota", "the account may run no vCPU of spot", "ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code "+spotStandard+" --desired-value N")
		return
	}
	e.say(fine, "spot quota", fmt.Sprintf("%.0f vCPU of standard spot instances; the groups' own sizes count against it", n), "")
}

func (e *examination) concurrency(ctx context.Context) {
	out, err := e.lambda.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil || out.AccountLimit == nil {
		e.unasked("lambda concurrency", cmp.Or(err, errors.New("no answer")))
		return
	}
	n := aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions)
	if n < lambdaAtOnce {
		e.say(warning, "lambda concurrency", fmt.Sprintf("%d executions at once are left to functions without a reservation", n), "ask for more: new accounts have as few as 10")
		return
	}
	e.say(fine, "lambda concurrency", fmt.Sprintf("%d executions at once", n), "")
}

func (e *examination) predecessors(ctx context.Context) {
	in, others := &cloudformation.DescribeStacksInput{}, []string{}
	for {
		page, err := e.cloudformation.DescribeStacks(ctx, in)
		if err != nil {
			e.unasked("predecessor", err)
			return
		}
		for _, d := range page.Stacks {
			name := aws.ToString(d.StackName)
			if strings.Contains(strings.ToLower(name), "autospotting") && name != e.stack && name != e.stack+"-artifacts" {
				others = append(others, name)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	if len(others) > 0 {
		e.say(warning, "predecessor", "stacks of the same kind: "+strings.Join(others, ", "), "two that replace instances of the same groups undo each other's work: remove the other first")
		return
	}
	e.say(fine, "predecessor", "no other stack of the kind", "")
}

// endpoints: a private subnet without a way out needs SNS inside, else spotd cannot speak.
func (e *examination) endpoints(ctx context.Context) {
	out, err := e.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: []ec2types.Filter{
		{Name: aws.String("service-name"), Values: []string{"com.amazonaws." + e.region + ".sns", "cn.com.amazonaws." + e.region + ".sns"}}}})
	if err != nil {
		e.unasked("VPC endpoints", err)
		return
	}
	if n := len(out.VpcEndpoints); n > 0 {
		e.say(fine, "VPC endpoints", fmt.Sprintf("%d for SNS; their policies must let instances publish", n), "")
		return
	}
	e.say(fine, "VPC endpoints", "none for SNS: spotd needs a way to it (NAT, proxy or public address) where it is to report", "")
}

func (e *examination) groups(ctx context.Context) {
	main, err := e.main().Look(ctx)
	if err != nil {
		e.unasked("groups", err)
		return
	}
	said := maps.Clone(main.Parameters)
	if said == nil {
		said = map[string]string{}
	}
	maps.Copy(said, e.parameters)
	scope := scopeOf(said)
	groups, err := e.estate.Groups(ctx, scope)
	if err != nil {
		e.unasked("groups", err)
		return
	}
	if len(groups) == 0 {
		e.say(warning, "groups", "no Auto Scaling group "+scope.String(), "tag the groups that are to be served, now or later")
	}
	may := strings.Split(said["InstanceRoleArns"], ",")
	for _, g := range groups {
		check := "group " + g.Name
		switch {
		case g.Problem != "":
			e.say(warning, check, g.Problem, "")
		case g.Profile == "":
			e.say(warning, check, "its instances have no instance profile: spotd stays off", "set its tag "+settings.Prefix+"minimal-profile to true, or give the template a profile")
		case main.Exists && !slices.Contains(may, g.Role):
			e.say(problem, check, "the function may not give "+g.Role+" to what it launches", "run deploy up again: it adds the role")
		case strings.HasPrefix(g.Status, "refused"):
			e.say(warning, check, g.Status, "coordinator plan --group "+g.Name+" says more")
		default:
			e.say(fine, check, cmp.Or(g.Status, "would be served"), "")
		}
	}
}
