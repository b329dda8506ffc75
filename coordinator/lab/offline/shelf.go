package offline

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// linux is the product of every price that names none.
const linux = "Linux/UNIX"

// pool is a type in a zone.
type pool = market.Pool

// shelf is what the files say is sold: types by name (nil where no file tells), where they are offered (nil likewise), spot prices by product,
// and prices by region in the snapshot's form.
type shelf struct {
	types   map[string]market.Type
	offered map[pool]bool
	spot    map[string]map[pool]float64
	regions map[string][]snapshot.Price
	from    []string // the files, for people
}

// readTable reads comma-separated prices, recognised by their content. Of a history the last price before now counts.
func (s *shelf) readTable(body []byte, now time.Time) (err error) {
	if head, _, _ := bytes.Cut(body, []byte("\n")); bytes.Contains(head, []byte("ondemand")) {
		s.regions, err = snapshot.ReadPrices(bytes.NewReader(body))
		return err
	}
	history, err := dataset.History(bytes.NewReader(body))
	if err != nil {
		return err
	}
	for pool, series := range history {
		for _, p := range series {
			if !p.At.After(now) {
				s.price(linux, pool, p.USD)
			}
		}
	}
	return nil
}

// fill puts on the shelf what the descriptions say of types and prices, by the functions that read a live account's.
func (s *shelf) fill(d *dump, now time.Time) error {
	if d.told[keyTypes] {
		s.types = map[string]market.Type{}
		for _, t := range d.sold {
			s.types[string(t.InstanceType)] = act.ToType(t)
		}
		list, err := snapshot.ReadTypes(bytes.NewReader(d.soldRows))
		if err != nil {
			return fmt.Errorf("read the instance types, one JSON object each with instance_type, vCPU, memory and arch: %w", err)
		}
		for _, t := range list {
			s.types[t.Name] = market.Type(t)
		}
		if len(s.types) == 0 {
			return errors.New("no instance type is in the files of types: give the output of aws ec2 describe-instance-types, or one JSON object a line with instance_type, vCPU, memory and arch")
		}
	}
	if d.told[keyOfferings] {
		s.offered = map[pool]bool{}
		act.Offer(d.offerings, s.offered)
	}
	byProduct := map[string][]types.SpotPrice{}
	for _, p := range d.prices {
		if product := act.Product(string(p.ProductDescription)); !aws.ToTime(p.Timestamp).After(now) {
			byProduct[product] = append(byProduct[product], p)
		}
	}
	for product, list := range byProduct {
		if s.spot[product] == nil {
			s.spot[product] = map[pool]float64{}
		}
		act.Newest(list, s.spot[product], map[pool]time.Time{})
	}
	return nil
}

func (s *shelf) price(product string, at pool, usd float64) {
	if s.spot[product] == nil {
		s.spot[product] = map[pool]float64{}
	}
	s.spot[product][at] = usd
}
