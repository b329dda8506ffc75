package act

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
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
