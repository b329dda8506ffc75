package main

import (
	"time"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// simHandler is the coordinator on a small simulated cloud: the demo's group, all on demand and in service.
func simHandler() (*handle.Handler, error) {
	st, err := stage.New(stage.Config{Cloud: cloudsim.Config{Seed: 1}, Asleep: true})
	if err != nil {
		return nil, err
	}
	st.Cloud.RunUntil(st.Cloud.Now().Add(10 * time.Minute)) // long enough for every boot and grace
	return st.Handler(st.Cloud.NewSession("once")), nil
}
