package cloudsim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Identity is the instance's identity document and its rsa2048 signature, as its metadata serves them.
func (g *Guest) Identity() (document, signature string, err error) {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	return g.cloud.signed(g.i)
}

// Metadata answers a path of the metadata service without the /latest/ in front, such as
// meta-data/spot/instance-action; false is 404, which is the normal answer for what is absent (aws-facts 3).
func (g *Guest) Metadata(path string) (body string, found bool) {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	return g.cloud.metadata(g.i, strings.Trim(path, "/"))
}

func (c *Cloud) metadata(i *instance, path string) (string, bool) {
	switch path {
	case "user-data":
		raw, err := decodeUserData(i.data.UserData)
		return string(raw), err == nil && len(raw) > 0
	case "dynamic/instance-identity/document":
		return c.document(i), true
	case "dynamic/instance-identity/rsa2048":
		_, sig, err := c.signed(i)
		return sig, err == nil
	case "dynamic/instance-identity/signature":
		sig, err := signPlain(c.document(i))
		return sig, err == nil
	}
	name, ok := strings.CutPrefix(path, "meta-data/")
	if !ok {
		return "", false
	}
	if body, ok := c.placement(i, name); ok {
		return body, true
	}
	if body, ok := i.tagItem(name); ok {
		return body, true
	}
	return c.changing(i, name)
}

// tagItem is tags/instance, or a tag below it. Without the owner's leave (MetadataOptions.InstanceMetadataTags) there is none (EC2 User Guide, "View tags
// for your EC2 instances using instance metadata").
func (i *instance) tagItem(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, "tags/instance")
	if !ok || !i.showsTags {
		return "", false
	}
	if rest == "" {
		return strings.Join(slices.Sorted(maps.Keys(i.tags)), "\n"), true
	}
	value, ok := i.tags[strings.TrimPrefix(rest, "/")]
	return value, ok
}

// ShowTags allows or denies the instance's metadata its tags, as its owner does at any time (ModifyInstanceMetadataOptions).
func (c *Cloud) ShowTags(instanceID string, on bool) error {
	return c.withInstance("owner", instanceID, func(i *instance) error {
		i.showsTags = on
		c.nudgeGuest(i)
		return nil
	})
}

// placement is what never changes.
func (c *Cloud) placement(i *instance, name string) (string, bool) {
	life := "on-demand"
	if i.spot {
		life = "spot"
	}
	body, ok := map[string]string{
		"instance-id": i.id, "instance-type": i.typ, "ami-id": i.image, "instance-life-cycle": life, "local-ipv4": i.ip,
		"placement/availability-zone": i.zone, "placement/region": c.cfg.Region, "services/domain": "amazonaws.com",
	}[name]
	if role := profileOf(i.data); role != "" && strings.HasPrefix(name, "iam/") {
		return c.credentials(role, name)
	}
	return body, ok
}

// credentials are the instance role's: made up, since nothing here checks signatures.
func (c *Cloud) credentials(role, name string) (string, bool) {
	switch name {
	case "iam/security-credentials", "iam/security-credentials/":
		return role, true
	case "iam/security-credentials/" + role:
		now := c.wallTime(c.clock())
		raw, err := json.Marshal(map[string]string{"Code": "Success", "LastUpdated": stamp(now), "Type": "AWS-HMAC", "AccessKeyId": "ASIASIMULATED0000000",
			"SecretAccessKey": "simulated", "Token": "simulated", "Expiration": stamp(now.AddDate(1, 0, 0))})
		return string(raw), err == nil
	}
	return "", false
}

// changing is what comes and goes. Times are in wall-clock time once the cloud has run in real time.
func (c *Cloud) changing(i *instance, name string) (string, bool) {
	switch name {
	case "spot/instance-action":
		if i.notice.IsZero() {
			return "", false // also when its owner terminates it
		}
		return `{"action":"` + i.action + `","time":"` + c.guestTime(i.end) + `"}`, true
	case "spot/termination-time":
		if i.notice.IsZero() || i.action != "terminate" {
			return "", false
		}
		return c.guestTime(i.end), true
	case "events/recommendations/rebalance":
		if i.rebalance.IsZero() {
			return "", false
		}
		return `{"noticeTime":"` + c.guestTime(i.rebalance) + `"}`, true
	case "events/maintenance/scheduled":
		return "[]", true
	case "autoscaling/target-lifecycle-state":
		if i.group == nil {
			return "", false
		}
		m := i.group.member(i.id)
		if m.attached && c.cfg.Readings.AttachedStateHidden {
			return "", false
		}
		return targetState(m), true
	}
	return "", false
}

// targetState is where the member is going, not where it is (aws-facts 3).
func targetState(m *member) string {
	switch {
	case m.state == "Detaching":
		return "Detached"
	case m.terminating():
		return "Terminated"
	case m.state == "Standby":
		return "Standby"
	}
	return "InService"
}
