package main

import (
	"autospotting/coordinator/handle"
	"autospotting/coordinator/stage"
	"autospotting/pkg/cloudsim"
)

// simHandler is the coordinator on a small simulated cloud: the demo's group, all on demand and in service.
func (s settings) simHandler() (*handle.Handler, error) {
	st, err := stage.New(stage.Config{Cloud: cloudsim.Config{Seed: 1}})
	if err != nil {
		return nil, err
	}
	st.Cloud.RunWhile(func() bool { return st.Cloud.Ready(st.Group) < 6 }, st.Cloud.Now().Add(10*60e9))
	return st.Handler(st.Cloud.NewSession("once")), nil
}
