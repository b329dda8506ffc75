package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
)

func (e *Examination) optedIn(ctx context.Context) {
	out, err := e.EC2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{e.Region}, AllRegions: aws.Bool(true)})
	if err != nil || len(out.Regions) == 0 {
		e.unasked("region", cmp.Or(err, fmt.Errorf("no region %s", e.Region)))
		return
	}
	if status := aws.ToString(out.Regions[0].OptInStatus); status == "not-opted-in" {
		e.say(Problem, "region", e.Region+" is not opted in", "aws account enable-region --region-name "+e.Region)
		return
	}
	e.say(OK, "region", e.Region+" is open to the account", "")
}

// serviceRoles: spot and fleets need roles that AWS makes at the first use from the console, and not from its API (EC2 user guide,
// "Service-linked role for Spot Instance requests").
func (e *Examination) serviceRoles(ctx context.Context) {
	for _, r := range []struct{ name, service string }{{"AWSServiceRoleForEC2Spot", "spot.amazonaws.com"}, {"AWSServiceRoleForEC2Fleet", "ec2fleet.amazonaws.com"}} {
		_, err := e.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.name)})
		switch {
		case err == nil:
			e.say(OK, "service-linked role", r.name+" is there", "")
		case strings.Contains(err.Error(), "NoSuchEntity"):
			e.say(Warning, "service-linked role", r.name+" is missing; AWS makes it at the first launch where the function may", "aws iam create-service-linked-role --aws-service-name "+r.service)
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

func (e *Examination) spotQuota(ctx context.Context) {
	out, err := e.Quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("ec2"), QuotaCode: aws.String(spotStandard)})
	if err != nil || out.Quota == nil {
		e.unasked("spot quota", cmp.Or(err, errors.New("no answer")))
		return
	}
	n := aws.ToFloat64(out.Quota.Value)
	if n < 1 {
		e.say(Problem, "spot quota", "the account may run no vCPU of spot", "ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code "+spotStandard+" --desired-value N")
		return
	}
	e.say(OK, "spot quota", fmt.Sprintf("%.0f vCPU of standard spot instances; the groups' own sizes count against it", n), "")
}

func (e *Examination) concurrency(ctx context.Context) {
	out, err := e.Lambda.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil || out.AccountLimit == nil {
		e.unasked("lambda concurrency", cmp.Or(err, errors.New("no answer")))
		return
	}
	n := aws.ToInt32(out.AccountLimit.UnreservedConcurrentExecutions)
	if n < lambdaAtOnce {
		e.say(Warning, "lambda concurrency", fmt.Sprintf("%d executions at once are left to functions without a reservation", n), "ask for more: new accounts have as few as 10")
		return
	}
	e.say(OK, "lambda concurrency", fmt.Sprintf("%d executions at once", n), "")
}

func (e *Examination) predecessors(ctx context.Context) {
	in, others := &cloudformation.DescribeStacksInput{}, []string{}
	for {
		page, err := e.CloudFormation.DescribeStacks(ctx, in)
		if err != nil {
			e.unasked("predecessor", err)
			return
		}
		for _, d := range page.Stacks {
			name := aws.ToString(d.StackName)
			if strings.Contains(strings.ToLower(name), "autospotting") && name != e.Stack && name != e.Stack+"-artifacts" && !generator(d) {
				others = append(others, name)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	if len(others) > 0 {
		e.say(Warning, "predecessor", "stacks of the same kind: "+strings.Join(others, ", "), "two that replace instances of the same groups undo each other's work: remove the other first")
		return
	}
	e.say(OK, "predecessor", "no other stack of the kind", "")
}

// generator tells whether a stack is that which ticks for an organization (docs/organization.md): it replaces nothing.
func generator(s types.Stack) bool {
	has := func(key string) bool {
		return slices.ContainsFunc(s.Outputs, func(o types.Output) bool { return aws.ToString(o.OutputKey) == key })
	}
	return has("EventsTopicArn") && !has("FunctionName")
}
