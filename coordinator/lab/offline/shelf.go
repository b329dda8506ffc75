package offline

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/act"
	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// linux is the product of every price that names none.
const linux = "Linux/UNIX"

// shelf is what the files say is sold: types by name (nil where no file tells), spot prices by product, and prices by region in the
// snapshot's form.
type shelf struct {
	types   map[string]market.Type
	spot    map[string]map[market.Pool]float64
	regions map[string][]snapshot.Price
	from    []string // the files, for people
}

// readShelf reads types and prices, each recognised by its content. Of a history the last price before now counts.
func readShelf(f Files, now time.Time) (shelf, error) {
	s := shelf{spot: map[string]map[market.Pool]float64{}}
	if f.Types != "" {
		if err := dataset.Read(f.Types, s.readTypes); err != nil {
			return s, err
		}
	}
	for _, file := range f.Prices {
		if err := dataset.Read(file, func(r io.Reader) error { return s.readPrices(r, now) }); err != nil {
			return s, err
		}
		s.from = append(s.from, file)
	}
	return s, nil
}

func (s *shelf) readTypes(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	const remedy = "give the output of aws ec2 describe-instance-types, or one JSON object a line with instance_type, vCPU, memory and arch"
	s.types = map[string]market.Type{}
	var doc ec2.DescribeInstanceTypesOutput
	if bytes.Contains(body[:min(len(body), 4096)], []byte(`"InstanceTypes"`)) {
		if err := decode(body, "InstanceTypes", "ec2 describe-instance-types", &doc); err != nil {
			return err
		}
		for _, t := range doc.InstanceTypes {
			s.types[string(t.InstanceType)] = act.ToType(t)
		}
	} else {
		list, err := snapshot.ReadTypes(bytes.NewReader(body))
		if err != nil {
			return &dataset.Error{Reason: err.Error(), Remedy: remedy}
		}
		for _, t := range list {
			s.types[t.Name] = market.Type(t)
		}
	}
	if len(s.types) == 0 {
		return &dataset.Error{Reason: "it holds no instance type", Remedy: remedy}
	}
	return nil
}

func (s *shelf) readPrices(r io.Reader, now time.Time) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	head, _, _ := bytes.Cut(body, []byte("\n"))
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))), []byte("{")):
		return s.readCLIPrices(body, now)
	case bytes.Contains(head, []byte("ondemand")):
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

// readCLIPrices reads aws ec2 describe-spot-price-history, newest first as the service gives it or in any order.
func (s *shelf) readCLIPrices(body []byte, now time.Time) error {
	var doc ec2.DescribeSpotPriceHistoryOutput
	if err := decode(body, "SpotPriceHistory", "ec2 describe-spot-price-history", &doc); err != nil {
		return err
	}
	newest := map[string]time.Time{}
	for n, p := range doc.SpotPriceHistory {
		usd, err := strconv.ParseFloat(aws.ToString(p.SpotPrice), 64)
		if err != nil || !(usd > 0) {
			return &dataset.Error{Reason: fmt.Sprintf("price %d, %q, is no price", n+1, aws.ToString(p.SpotPrice)), Remedy: "give the output of aws ec2 describe-spot-price-history"}
		}
		pool := market.Pool{Type: string(p.InstanceType), Zone: aws.ToString(p.AvailabilityZone)}
		product, at := act.Product(string(p.ProductDescription)), aws.ToTime(p.Timestamp)
		key := product + "|" + pool.String()
		if at.After(now) || at.Before(newest[key]) {
			continue
		}
		newest[key] = at
		s.price(product, pool, usd)
	}
	return nil
}

func (s *shelf) price(product string, pool market.Pool, usd float64) {
	if s.spot[product] == nil {
		s.spot[product] = map[market.Pool]float64{}
	}
	s.spot[product][pool] = usd
}
