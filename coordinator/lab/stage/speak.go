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

// Aboard is what spotd on an instance of the simulated cloud goes by.
type Aboard struct {
	Settings userdata.Settings // as the user data has them
	From     message.Source
	Proof    message.Identity
	Launched time.Time // the identity document's pendingTime
}

// Board reads it from the instance's user data and metadata; false where the user data put no spotd on board.
func Board(g *cloudsim.Guest) (Aboard, bool) {
	settings, ours := userdata.Injected(g.UserData())
	if !ours || settings.WaitOnly {
		return Aboard{}, false
	}
	return Known(g, settings)
}

// Known is what a spotd with these settings goes by that somebody else installed on the instance; false where its metadata tells no identity.
func Known(g *cloudsim.Guest, settings userdata.Settings) (Aboard, bool) {
	document, signature, err := g.Identity()
	if err != nil {
		return Aboard{}, false
	}
	lifecycle, _ := g.Metadata("meta-data/instance-life-cycle")
	var doc struct {
		AccountID, Region, AvailabilityZone, InstanceID, InstanceType string
		PendingTime                                                   time.Time
	}
	if json.Unmarshal([]byte(document), &doc) != nil {
		return Aboard{}, false
	}
	return Aboard{Settings: settings, Proof: message.Identity{Document: document, Signature: signature}, Launched: doc.PendingTime, From: message.Source{
		Account: doc.AccountID, Region: doc.Region, Zone: doc.AvailabilityZone, Instance: doc.InstanceID,
		Type: doc.InstanceType, Lifecycle: lifecycle, Group: settings.Group,
	}}, true
}

// Speak stands for spotd on an instance of the simulated cloud: a model that says hello, ready after the grace, and
// terminating, for programs that cannot know the daemon. It speaks only where the user data put spotd on board. The simulations
// under test/ run the daemon's own code instead.
func (s *Stage) Speak(g *cloudsim.Guest) {
	on, aboard := Board(g)
	if !aboard {
		return
	}
	m := &speaker{cloud: s.Cloud, guest: g, topic: on.Settings.Topic, proof: on.Proof, from: on.From}
	begin := func(from time.Time, action string) {
		g.After(time.Second, func() { m.say(message.Hello, time.Time{}, action) })
		grace := from.Add(on.Settings.Grace)
		g.After(max(time.Second, grace.Sub(s.Cloud.Now())), func() { m.ready(grace.Add(longestBoot)) })
	}
	g.OnChange(func() { g.After(polls, m.look) })
	if !on.Settings.Await {
		begin(on.Launched, "")
		return
	}
	s.Await(g, func(member bool) {
		if member {
			begin(s.Cloud.Now(), message.ActionMember)
		} else {
			begin(s.Cloud.Now(), message.ActionNoMember)
		}
	})
}

// longestBoot is how long spotd holds ready back after the grace while the boot is under way.
const longestBoot = 10 * time.Minute

// ready says so, once the boot is over or at that time.
func (m *speaker) ready(atMost time.Time) {
	if m.guest.Boot() == cloudsim.BootRuns && m.cloud.Now().Before(atMost) {
		m.guest.After(polls, func() { m.ready(atMost) })
		return
	}
	m.say(message.Ready, time.Time{}, "")
}

// waits is how long the bootstrap holds up the owner's part of a boot.
const waits = 2 * time.Minute

// Await stands for the bootstrap's wait for membership: it looks every second, and says once what came of it.
func (s *Stage) Await(g *cloudsim.Guest, over func(member bool)) {
	until := s.Cloud.Now().Add(waits)
	var look func()
	look = func() {
		_, member := g.Metadata("meta-data/autoscaling/target-lifecycle-state")
		if member || !s.Cloud.Now().Before(until) {
			over(member)
			return
		}
		g.After(time.Second, look)
	}
	look()
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
