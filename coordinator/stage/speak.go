package stage

import (
	"encoding/json"
	"time"

	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
	"autospotting/userdata"
)

// polls is how often the model of spotd looks at the metadata, as the daemon does by default.
const polls = 2 * time.Second

// Speak stands for spotd on an instance of the simulated cloud: a model that says hello, ready after the grace, and
// terminating, for programs that cannot know the daemon. It speaks only where the user data put spotd on board. The simulations
// under test/ run the daemon's own code instead.
func (s *Stage) Speak(g *cloudsim.Guest) {
	settings, aboard := userdata.Injected(g.UserData())
	if !aboard {
		return
	}
	document, signature, err := g.Identity()
	if err != nil {
		return
	}
	var doc struct {
		AccountID, Region, AvailabilityZone, InstanceID, InstanceType string
		PendingTime                                                   time.Time
	}
	if json.Unmarshal([]byte(document), &doc) != nil {
		return
	}
	m := &speaker{cloud: s.Cloud, guest: g, topic: settings.Topic, proof: message.Identity{Document: document, Signature: signature}, from: message.Source{
		Account: doc.AccountID, Region: doc.Region, Zone: doc.AvailabilityZone, Instance: doc.InstanceID,
		Type: doc.InstanceType, Lifecycle: "spot", Group: settings.Group,
	}}
	start := s.Cloud.Now()
	g.After(time.Second, func() { m.say(message.Hello, time.Time{}, "") })
	g.After(max(time.Second, doc.PendingTime.Add(settings.Grace).Sub(start)), func() { m.say(message.Ready, time.Time{}, "") })
	g.OnChange(func() { g.After(polls, m.look) })
}

type speaker struct {
	cloud *cloudsim.Cloud
	guest *cloudsim.Guest
	topic string
	from  message.Source
	proof message.Identity
	said  bool
}

func (m *speaker) say(kind message.Kind, deadline time.Time, action string) {
	r := message.New(kind, m.from, m.cloud.Now().UTC().Truncate(time.Millisecond), deadline)
	r.Action, r.Identity = action, m.proof
	if body, err := r.Encode(); err == nil {
		// What cannot be published is as if it had not been said; the daemon itself tries again.
		_ = m.guest.Publish(m.topic, body)
	}
}

func (m *speaker) look() {
	body, found := m.guest.Metadata("meta-data/spot/instance-action")
	var notice struct {
		Action string
		Time   time.Time
	}
	if !found || m.said || json.Unmarshal([]byte(body), &notice) != nil {
		return
	}
	m.said = true
	m.say(message.Terminating, notice.Time, notice.Action)
}
