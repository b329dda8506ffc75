package act

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

func TestWhatATemplateAsksForMayNotBeHadAsSpot(t *testing.T) {
	t.Parallel()
	for says, d := range map[string]types.RequestLaunchTemplateData{
		"dedicated tenancy":    {Placement: &types.LaunchTemplatePlacementRequest{Tenancy: types.TenancyDedicated}},
		"host tenancy":         {Placement: &types.LaunchTemplatePlacementRequest{Tenancy: types.TenancyHost}},
		"placement group near": {Placement: &types.LaunchTemplatePlacementRequest{GroupName: aws.String("near")}},
		"capacity reservation": {CapacityReservationSpecification: &types.LaunchTemplateCapacityReservationSpecificationRequest{
			CapacityReservationTarget: &types.CapacityReservationTarget{CapacityReservationId: aws.String("cr-1")}}},
		"placement group pg-1": {Placement: &types.LaunchTemplatePlacementRequest{GroupId: aws.String("pg-1")}},
		"paid for whether it is used": {CapacityReservationSpecification: &types.LaunchTemplateCapacityReservationSpecificationRequest{
			CapacityReservationPreference: types.CapacityReservationPreferenceCapacityReservationsOnly}},
	} {
		if got := unservable(&d, "apart"); !strings.Contains(got, says) {
			t.Errorf("%s: got %q", says, got)
		}
	}
	if got := unservable(&types.RequestLaunchTemplateData{}, ""); got != "" {
		t.Errorf("a template that says nothing is refused: %s", got)
	}
	plain := types.RequestLaunchTemplateData{Placement: &types.LaunchTemplatePlacementRequest{Tenancy: types.TenancyDefault},
		CapacityReservationSpecification: &types.LaunchTemplateCapacityReservationSpecificationRequest{CapacityReservationPreference: types.CapacityReservationPreferenceOpen}}
	if got := unservable(&plain, "apart"); got != "" {
		t.Errorf("an ordinary template is refused: %s", got)
	}
}

func TestOfUserDataItIsKnownWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	for text, unread := range map[string]string{
		"#!/bin/sh\naws ec2 associate-address --allocation-id eipalloc-1\n": "",
		"#include\nhttps://example.com/boot.sh\n":                           "https://example.com/boot.sh",
	} {
		coded := base64.StdEncoding.EncodeToString([]byte(text))
		if got := needsOf(&coded).unread; (got == "") != (unread == "") || !strings.Contains(got, unread) {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := needsOf(aws.String("no base64!")); got.list != nil || got.unread == "" {
		t.Errorf("%+v", got)
	}
	acc := web()
	acc.template().UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#include\nhttps://example.com/boot.sh\n")))
	acc.group().MaxSize, acc.group().DesiredCapacity, acc.group().MinSize = aws.Int32(1), aws.Int32(1), aws.Int32(1)
	acc.group().TargetGroupARNs, acc.group().LoadBalancerNames = nil, nil
	w := look(t, acc, ledger.Record{})
	if why := decide.Refusal(w); !strings.Contains(why, "boot.sh") || decide.Step(w) == "" {
		t.Errorf("a group of one whose boot is not known: %q", why)
	}
	acc = web()
	acc.template().UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho '15 3 * * * root /opt/app/bill' >> /etc/crontab\n")))
	acc.group().MaxSize, acc.group().DesiredCapacity, acc.group().MinSize = aws.Int32(1), aws.Int32(1), aws.Int32(1)
	acc.group().TargetGroupARNs, acc.group().LoadBalancerNames = nil, nil
	if why := decide.Refusal(look(t, acc, ledger.Record{})); !strings.Contains(why, "line 2") || !strings.Contains(why, "twice") {
		t.Errorf("a group of one with a crontab: %q", why)
	}
	acc.template().UserData = nil
	if why := decide.Refusal(look(t, acc, ledger.Record{})); why != "" {
		t.Errorf("without user data: %q", why)
	}
}
