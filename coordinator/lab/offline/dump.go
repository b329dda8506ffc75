package offline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	sqtypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"autospotting/coordinator/lab/dataset"
	"autospotting/pkg/beanstalk"
)

// Files names what to read, by the flag that named it. What a file holds is known by its content: a flag only says what must not be missing.
type Files struct {
	Groups, Instances, Images, Types, Prices []string
	Hooks, TemplateVersions, Configurations  []string
	// Any are files of which nobody said what they hold.
	Any []string
}

// Given tells whether a file of groups is named, or one that may hold them.
func (f Files) Given() bool { return len(f.Groups) > 0 || len(f.Any) > 0 }

// flagged are the files with the key of what each flag promises; empty promises nothing.
func (f Files) flagged() []struct {
	key   string
	files []string
} {
	return []struct {
		key   string
		files []string
	}{{keyGroups, f.Groups}, {keyReservations, f.Instances}, {keyImages, f.Images}, {keyTypes, f.Types}, {keyPrices, f.Prices},
		{keyHooks, f.Hooks}, {keyVersions, f.TemplateVersions}, {keyConfigurations, f.Configurations}, {"", f.Any}}
}

// dump is what the files tell.
type dump struct {
	groups    []asg
	instances map[string]types.Instance
	broken    map[string]error // instances that cannot be read, by id
	protected map[string]bool  // from termination, by instance
	shelf     shelf

	hooks          []astypes.LifecycleHook
	refreshes      []astypes.InstanceRefresh
	activities     []astypes.Activity
	members        []astypes.AutoScalingInstanceDetails
	configurations []astypes.LaunchConfiguration
	versions       []types.LaunchTemplateVersion
	requests       []types.SpotInstanceRequest
	statuses       []types.InstanceStatus
	images         []types.Image
	sold           []types.InstanceTypeInfo
	soldRows       []byte // in the snapshot's form, one a line
	offerings      []types.InstanceTypeOffering
	prices         []types.SpotPrice
	subnets        []types.Subnet
	placements     []types.PlacementGroup
	stacks         []cfntypes.Stack
	quotas         []sqtypes.ServiceQuota
	rules          []ebtypes.Rule
	environments   []beanstalk.EnvironmentDescription

	now  time.Time         // to plan for
	told map[string]bool   // which kinds some file holds, if only as an empty list
	cut  map[string]string // kinds whose last page is not the last, with the file that ends so
	made index
}

// asg is a group's description. broken says why it cannot be used.
type asg struct {
	astypes.AutoScalingGroup
	broken error
	shows  named
}

// addGroup takes the later of two descriptions of one group. Names are the region's own.
func (d *dump) addGroup(g asg) {
	at := slices.IndexFunc(d.groups, func(x asg) bool {
		return *x.AutoScalingGroupName == *g.AutoScalingGroupName && aws.ToString(x.AutoScalingGroupARN) == aws.ToString(g.AutoScalingGroupARN)
	})
	if g.AutoScalingGroupARN == nil || at < 0 { // without an ARN nobody knows
		d.groups = append(d.groups, g)
		return
	}
	d.groups[at] = g
}

func newDump(now time.Time) *dump {
	return &dump{now: now, instances: map[string]types.Instance{}, broken: map[string]error{}, protected: map[string]bool{}, told: map[string]bool{}, cut: map[string]string{},
		shelf: shelf{spot: map[string]map[pool]float64{}}}
}

// readAll reads the files, each as what its content says.
func readAll(f Files, now time.Time) (*dump, error) {
	d := newDump(now)
	seen := map[string]bool{}
	for _, one := range f.flagged() {
		for _, file := range one.files {
			if seen[file] { // one that holds several kinds may be given by several flags
				continue
			}
			seen[file] = true
			if err := dataset.Read(file, func(r io.Reader) error { return d.read(file, one.key, r, now) }); err != nil {
				return nil, err
			}
		}
	}
	for _, one := range f.flagged() {
		if len(one.files) > 0 && one.key != "" && !d.told[one.key] {
			return nil, &dataset.Error{File: one.files[0], Reason: "it has no " + one.key, Remedy: "give the output of aws " + kindOf(one.key).command}
		}
	}
	for _, key := range []string{keyGroups, keyReservations} {
		if !d.told[key] {
			return nil, &dataset.Error{File: strings.Join(slices.Sorted(maps.Keys(seen)), ", "), Reason: "no file has " + key, Remedy: "give the output of aws " + kindOf(key).command + " too"}
		}
	}
	d.index()
	return d, d.shelf.fill(d, now)
}

// read reads one file; key is what its flag promises.
func (d *dump) read(file, key string, r io.Reader, now time.Time) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if (key == keyPrices || key == "") && table(body) {
		d.told[keyPrices] = true
		d.shelf.from = append(d.shelf.from, file)
		return d.shelf.readTable(body, now)
	}
	docs, err := documents(body)
	if err != nil {
		return remedied(err, key)
	}
	before := len(d.prices)
	w := walk{dump: d, file: file, key: key, body: body}
	for _, one := range docs {
		if err := w.value(one, 0); err != nil {
			return err
		}
	}
	if len(d.prices) > before {
		d.shelf.from = append(d.shelf.from, file)
	}
	return nil
}

// table tells whether a text is comma-separated: neither JSON nor YAML, and its first line has commas.
func table(body []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	return len(first) > 0 && first[0] != '{' && first[0] != '[' && bytes.Count(first, []byte(",")) >= 3 && !bytes.Contains(first, []byte(": "))
}

// remedied names the command that prints what is wanted.
func remedied(err error, key string) error {
	var e *dataset.Error
	if k := kindOf(key); k.key != "" && errors.As(err, &e) && strings.HasPrefix(e.Remedy, asJSON) {
		e.Remedy = "give the output of aws " + k.command + " --output json" + strings.TrimPrefix(e.Remedy, asJSON)
	}
	return err
}

// walk goes through the documents of one file.
type walk struct {
	*dump
	file, key string
	body      []byte
}

// deepest is how deep lists may lie in one another: --query makes lists of lists, and the CLI one of pages.
const deepest = 8

func (w *walk) value(raw json.RawMessage, depth int) error {
	switch raw = bytes.TrimSpace(raw); {
	case len(raw) == 0, string(raw) == "null": // what --query did not find
		return nil
	case raw[0] == '[' && depth < deepest:
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return w.at(raw, err, "")
		}
		if len(list) == 0 && depth == 0 && w.key != "" {
			w.told[w.key] = true
		}
		for _, one := range list {
			if err := w.value(one, depth+1); err != nil {
				return err
			}
		}
		return nil
	case raw[0] == '{':
		return w.object(raw)
	}
	return w.at(raw, fmt.Errorf("it holds %s, where a description should be", beginning(raw)), "leave out --query, or give the descriptions whole")
}

// object takes a document of the CLI, or one description out of it.
func (w *walk) object(raw json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return w.at(raw, err, "")
	}
	known := len(fields) == 0 // some commands print nothing else where there is nothing
	for _, k := range kinds {
		list, has := fields[k.key]
		if !has || k.key == keyProtection || !bytes.HasPrefix(bytes.TrimSpace(list), []byte("[")) {
			continue
		}
		known = true
		if err := w.list(k, list, fields); err != nil {
			return err
		}
	}
	if known {
		return nil
	}
	if fields["instance_type"] != nil && (w.key == keyTypes || w.key == "") {
		w.told[keyTypes] = true
		w.soldRows = append(append(w.soldRows, bytes.ReplaceAll(raw, []byte("\n"), []byte(" "))...), '\n')
		return nil
	}
	if fields["Instances"] != nil && fields["AutoScalingGroupName"] == nil { // a reservation
		return w.take(kindOf(keyReservations), raw)
	}
	for _, k := range kinds {
		if k.fits(fields) {
			return w.take(k, raw)
		}
	}
	names := slices.Sorted(maps.Keys(fields))
	return w.at(raw, fmt.Errorf("what has the fields %s is nothing that is read", strings.Join(names[:min(len(names), 6)], ", ")), "")
}

func (w *walk) list(k kind, list json.RawMessage, fields map[string]json.RawMessage) error {
	w.told[k.key] = true
	delete(w.cut, k.key)
	for _, name := range []string{"NextToken", "nextToken"} {
		var token string
		if json.Unmarshal(fields[name], &token) == nil && token != "" {
			w.cut[k.key] = w.file
		}
	}
	var all []json.RawMessage
	if err := json.Unmarshal(list, &all); err != nil {
		return w.at(list, err, "")
	}
	for _, one := range all {
		if string(one) == "null" {
			continue
		}
		if err := w.take(k, one); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) take(k kind, raw json.RawMessage) error {
	w.told[k.key] = true
	if err := k.take(w.dump, raw); err != nil {
		return w.at(raw, err, "give the output of aws "+k.command)
	}
	return nil
}

// at says where in the file something is wrong. Of YAML, which was made JSON, the line is not known.
func (w *walk) at(raw json.RawMessage, err error, remedy string) error {
	if remedy == "" {
		remedy = "give the output of aws autoscaling describe-auto-scaling-groups, aws ec2 describe-instances or another that spotctl plan --help names"
		if k := kindOf(w.key); k.key != "" {
			remedy = "give the output of aws " + k.command
		}
	}
	out := &dataset.Error{Reason: err.Error(), Remedy: remedy}
	if start := bytes.Index(w.body, raw); start >= 0 {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			start += int(wrong.Offset)
		}
		out.Line = lineAt(w.body, int64(start))
	}
	return out
}
