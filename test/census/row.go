// Package census plays real groups: each row of a census of public repositories becomes a group of the simulated cloud, with the user data and the
// application that the row tells of, and the whole coordinator serves it for some hours. It reports who is served, who is refused, and who is
// harmed. The harm is told by the package app, from the cloud's truth.
package census

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Row is a group of the census.
type Row struct {
	Source, Class, Workload, Launch, InstanceType string
	Min, Max, Desired                             string // as written: numbers, or variables
	MaxSizeOne                                    bool
	LoadBalanced                                  bool
	Health                                        string
	LaunchHook, TermHook, WarmPool                bool
	Protect, SpotAlready, Rebalance               bool
	UserData, CFN                                 string
	Profile                                       bool
	Policies, Owner, Stateful, Membership         string
	Reasons, Verdict                              string
	Suspended, Tenancy                            string
}

// Production tells whether the row is taken for one of production.
func (r Row) Production() bool { return r.Class == "production-like" }

// columns are those that are read.
var columns = []string{"source", "class_", "workload", "launch", "instance_type", "min", "max", "desired", "maxsize1", "lb", "health", "launch_hook", "term_hook", "warm_pool",
	"suspended", "protect", "spot_already", "rebalance", "tenancy_pg_cr", "userdata", "cfn", "profile", "policies", "owner", "stateful", "membership", "all_reasons", "verdict"}

// Load reads a census.
func Load(path string) ([]Row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f)
}

// Read reads a census. What a module leaves to its user ("optional") is off.
func Read(from io.Reader) ([]Row, error) {
	all, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the census: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read the census: it has no head")
	}
	at := map[string]int{}
	for _, name := range columns {
		if at[name] = slices.Index(all[0], name); at[name] < 0 {
			return nil, fmt.Errorf("read the census: no column %q", name)
		}
	}
	var rows []Row
	for _, line := range all[1:] {
		get := func(name string) string { return strings.TrimSpace(line[at[name]]) }
		on := func(name string) bool { v := get(name); return v == "yes" || v == "true" }
		r := Row{Source: get("source"), Class: get("class_"), Workload: get("workload"), Launch: get("launch"), InstanceType: get("instance_type"),
			Min: get("min"), Max: get("max"), Desired: get("desired"), MaxSizeOne: on("maxsize1"), LoadBalanced: on("lb"), Health: get("health"),
			LaunchHook: on("launch_hook"), TermHook: on("term_hook"), WarmPool: on("warm_pool"), Protect: on("protect"), SpotAlready: on("spot_already"), Rebalance: on("rebalance"),
			UserData: get("userdata"), CFN: get("cfn"), Profile: on("profile"), Policies: get("policies"), Owner: get("owner"), Stateful: get("stateful"), Membership: get("membership"),
			Reasons: get("all_reasons"), Verdict: get("verdict"), Suspended: get("suspended"), Tenancy: get("tenancy_pg_cr")}
		r.WarmPool = r.WarmPool || strings.Contains(r.Reasons, "warm pool")
		rows = append(rows, r)
	}
	return rows, nil
}

// says tells whether the row speaks of it anywhere.
func (r Row) says(words ...string) bool {
	text := strings.ToLower(strings.Join([]string{r.Source, r.Workload, r.Owner, r.Stateful, r.Membership, r.Verdict}, " "))
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// sizes are the group's numbers. A variable has no value here: groups whose three numbers are one variable are clusters of three, others have two
// to six instances and begin with three.
func (r Row) sizes() (lo, hi, desired int) {
	if r.MaxSizeOne {
		one := 1
		if n, err := strconv.Atoi(r.Desired); err == nil {
			one = n
		} else if n, err := strconv.Atoi(r.Min); err == nil && r.Desired == "" {
			one = n
		}
		lo, _ = strconv.Atoi(r.Min)
		return min(lo, one), 1, one
	}
	number := func(s string, otherwise int) int {
		s, _, _ = strings.Cut(s, " #")
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
		return otherwise
	}
	if _, err := strconv.Atoi(r.Max); err != nil && r.Min == r.Max && r.Min != "" && (r.Desired == "" || r.Desired == r.Max) && r.fixed() {
		return 3, 3, 3
	}
	lo = number(r.Min, 2)
	desired = lo // the API's default
	if r.Desired != "" {
		desired = number(r.Desired, max(lo, 3))
	} else if _, err := strconv.Atoi(r.Min); err != nil || lo == 0 {
		desired = 3
	}
	hi = number(r.Max, max(6, 2*desired))
	return min(lo, hi), hi, min(max(desired, lo), hi)
}

// fixed tells a cluster whose size is one number from a module that only has not said any.
func (r Row) fixed() bool { return r.Min != "var" }

// pick chooses one by the row's name, always the same.
func (r Row) pick(from ...string) string { return from[r.index(len(from), wording{})] }
