package act

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"autospotting/coordinator/market"
)

// Quotas is what the coordinator calls of Service Quotas.
type Quotas interface {
	ListServiceQuotas(context.Context, *servicequotas.ListServiceQuotasInput, ...func(*servicequotas.Options)) (*servicequotas.ListServiceQuotasOutput, error)
}

var _ Quotas = (*servicequotas.Client)(nil)

// quotaCodes are the codes of the quotas of vCPUs, on-demand and spot (EC2 user guide, "Amazon EC2 instance quotas"; Service Quotas, EC2).
// High Memory and HPC have none of spot.
var quotaCodes = map[string]struct {
	class market.Class
	spot  bool
}{
	"L-1216C47A": {market.Standard, false}, "L-34B43A08": {market.Standard, true},
	"L-6E869C2A": {market.ClassDL, false}, "L-85EED4F7": {market.ClassDL, true},
	"L-74FC7D96": {market.ClassF, false}, "L-88CF9481": {market.ClassF, true},
	"L-DB2E81BA": {market.ClassG, false}, "L-3819A6DF": {market.ClassG, true},
	"L-F7808C92": {market.ClassHPC, false},
	"L-43DA4232": {market.HighMemory, false},
	"L-1945791B": {market.ClassInf, false}, "L-B5D1601B": {market.ClassInf, true},
	"L-417A185B": {market.ClassP, false}, "L-7212CCBC": {market.ClassP, true},
	"L-2C3B7624": {market.ClassTrn, false}, "L-6B0D517C": {market.ClassTrn, true},
	"L-7295265B": {market.ClassX, false}, "L-E3A00192": {market.ClassX, true},
}

// readQuotas reads how many vCPUs the account may have. That it cannot is no reason to launch nothing: then it is asked again in an hour, and a
// quota that is used up says so itself.
func (a *Actor) readQuotas(ctx context.Context) {
	k := &a.cache.account
	k.QuotasAt, k.news = a.Now(), true
	spot, onDemand := map[market.Class]int{}, map[market.Class]int{}
	err := a.within(ctx, func(ctx context.Context) error {
		pages := servicequotas.NewListServiceQuotasPaginator(a.Quotas, &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("ec2"), MaxResults: aws.Int32(100)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, q := range page.Quotas {
				if c, known := quotaCodes[aws.ToString(q.QuotaCode)]; known && q.Value != nil && c.spot {
					spot[c.class] = int(*q.Value)
				} else if known && q.Value != nil {
					onDemand[c.class] = int(*q.Value)
				}
			}
		}
		return nil
	})
	if err == nil {
		k.Spot, k.OnDemand = spot, onDemand
	}
}
