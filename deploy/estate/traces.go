package estate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// Traces is what an installation left outside its stacks.
type Traces struct {
	Templates []string `json:"launch_templates"` // our launch templates, by id
	Instances []string `json:"instances"`        // instances of ours; they stay, without our tags
	Groups    []string `json:"groups"`           // groups with our status tag; they stay, without it
	Orphans   []string `json:"orphans"`          // those of the instances that are in no group: nobody ends them but us
	// Unproven are instances with our tags of which nothing says that we launched them. They stay as they are.
	Unproven []string `json:"unproven"`
}

// None tells whether there are no traces.
func (t Traces) None() bool { return len(t.Templates)+len(t.Instances)+len(t.Groups) == 0 }

// Look finds the traces. What is ours was launched from a template of ours: one that is there, or one of those that once were.
func (e Estate) Look(ctx context.Context, once []string) (t Traces, err error) {
	if t.Templates, err = e.templates(ctx); err != nil {
		return t, err
	}
	once = slices.Concat(once, t.Templates)
	instances, err := e.tagged(ctx)
	if err != nil {
		return t, err
	}
	groups, err := e.all(ctx) // after the instances: what joined a group meanwhile is no orphan
	member := map[string]bool{}
	for _, g := range groups {
		if slices.ContainsFunc(g.Tags, func(t astypes.TagDescription) bool { return aws.ToString(t.Key) == settings.StatusTag }) {
			t.Groups = append(t.Groups, aws.ToString(g.AutoScalingGroupName))
		}
		for _, m := range g.Instances {
			member[aws.ToString(m.InstanceId)] = true
		}
	}
	for _, i := range instances {
		id := aws.ToString(i.InstanceId)
		if one := act.ToInstance(i); !one.Unproven || !slices.Contains(once, one.Template) {
			t.Unproven = append(t.Unproven, id)
			continue
		}
		t.Instances = append(t.Instances, id)
		if !member[id] && !pooled(i) {
			t.Orphans = append(t.Orphans, id)
		}
	}
	return t, err
}

// pooled tells whether Auto Scaling has the instance, also where it waits in a warm pool, which groups do not list.
func pooled(i types.Instance) bool {
	return slices.ContainsFunc(i.Tags, func(t types.Tag) bool { return aws.ToString(t.Key) == "aws:autoscaling:groupName" })
}

// templates lists our launch templates: those that have the name of ours for the group that their tag names.
func (e Estate) templates(ctx context.Context) (ids []string, err error) {
	in := &ec2.DescribeLaunchTemplatesInput{Filters: filter(decide.TagGroup)}
	for {
		page, err := e.EC2.DescribeLaunchTemplates(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("look for our launch templates: %w", err)
		}
		for _, l := range page.LaunchTemplates {
			if slices.ContainsFunc(l.Tags, func(t types.Tag) bool {
				return aws.ToString(t.Key) == decide.TagGroup && aws.ToString(l.LaunchTemplateName) == decide.TemplateName(aws.ToString(t.Value))
			}) {
				ids = append(ids, aws.ToString(l.LaunchTemplateId))
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return ids, nil
		}
	}
}

// tagged lists the instances with our tags that are not ended.
func (e Estate) tagged(ctx context.Context) (out []types.Instance, err error) {
	in := &ec2.DescribeInstancesInput{Filters: append(filter(decide.TagGroup),
		types.Filter{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}})}
	for {
		page, err := e.EC2.DescribeInstances(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("look for instances with our tags: %w", err)
		}
		for _, r := range page.Reservations {
			out = append(out, r.Instances...)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// Remove takes the traces away. It begins anew where it was interrupted: what is gone is not found again. The templates go last, since by them
// instances are known to be ours.
func (e Estate) Remove(ctx context.Context, t Traces) error {
	for chunk := range slices.Chunk(t.Instances, 500) {
		if err := e.untag(ctx, chunk...); err != nil {
			return fmt.Errorf("take our tags off instances: %w", err)
		}
	}
	for _, name := range t.Groups {
		if _, err := e.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []astypes.Tag{{ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), Key: aws.String(settings.StatusTag)}}}); err != nil {
			return fmt.Errorf("take our status tag off group %s: %w", name, err)
		}
	}
	for _, id := range t.Templates {
		if _, err := e.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &id}); err != nil && !gone(err) {
			return fmt.Errorf("remove our launch template %s: %w", id, err)
		}
	}
	return nil
}

// untag takes our tags off these instances. AWS does nothing for any of them where one is gone: then each is asked for by itself.
func (e Estate) untag(ctx context.Context, ids ...string) error {
	_, err := e.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: ids, Tags: []types.Tag{{Key: aws.String(decide.TagGroup)}, {Key: aws.String(decide.TagLaunch)}}})
	if !gone(err) {
		return err
	}
	if len(ids) == 1 {
		return nil
	}
	for _, id := range ids {
		if err := e.untag(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func gone(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (api.ErrorCode() == "InvalidLaunchTemplateId.NotFound" || api.ErrorCode() == "InvalidInstanceID.NotFound" || api.ErrorCode() == "InvalidID")
}

// InFlight says what the coordinator has begun for a group and not ended; empty if nothing. A MaxSize that is only leased is no
// swap: it can be handed back.
func InFlight(r ledger.Record) string {
	switch {
	case len(r.Books.Debts()) > 0:
		return fmt.Sprintf("%d instances are being replaced", len(r.Books.Debts()))
	case len(r.Intents) > 0:
		return fmt.Sprintf("%d replacements are launched and not in the group yet", len(r.Intents))
	case len(r.Orphans) > 0:
		return fmt.Sprintf("%d instances of ours are in no group and not ended yet", len(r.Orphans))
	case len(r.Notices) > 0:
		return fmt.Sprintf("AWS takes %d of its instances", len(r.Notices))
	case r.Draining() > 0:
		return fmt.Sprintf("%d of its ECS hosts are DRAINING by us", r.Draining())
	case len(r.Shielded) > 0:
		return fmt.Sprintf("%d of its instances are protected from scale-in by us", len(r.Shielded))
	}
	return ""
}

// HandBack gives a leased MaxSize back to its owner. It is left alone where the owner changed it since, and where the group
// has grown above it: AWS would choose instances to end.
func (e Estate) HandBack(ctx context.Context, group string, l books.Lease) (said string, err error) {
	if !l.Open() {
		return "", nil
	}
	out, err := e.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		return "", fmt.Errorf("look at group %s: %w", group, err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return "", nil
	}
	g := out.AutoScalingGroups[0]
	now, size := int(aws.ToInt32(g.MaxSize)), max(int(aws.ToInt32(g.DesiredCapacity)), len(g.Instances))
	switch {
	case now == l.Owner || !l.Ours(now):
		return "", nil
	case size > l.Owner:
		return fmt.Sprintf("group %s: MaxSize stays %d, its owner's is %d: it has %d instances, and AWS would choose which to end", group, now, l.Owner, size), nil
	}
	if _, err := e.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &group, MaxSize: aws.Int32(int32(l.Owner))}); err != nil {
		return "", fmt.Errorf("give group %s its MaxSize %d back: %w", group, l.Owner, err)
	}
	return fmt.Sprintf("group %s: MaxSize is %d again", group, l.Owner), nil
}
