// Package cloudsim is a stateful, seeded simulation of the part of AWS that this project lives in: EC2 fleets and
// instances, Auto Scaling groups, SNS, SQS, DynamoDB items, EventBridge events, Lambda and instance metadata.
//
// Its clients carry the method signatures of the SDK v2 clients, so a narrow interface declared by a consumer is
// satisfied by *ec2.Client and by *cloudsim.EC2 alike. It is meant never to be kinder than AWS; where AWS is
// uncertain, Readings chooses between the two possible behaviours.
//
// Time is simulated. In virtual mode (Step, RunUntil, RunWhile) one heap of events, ordered by time and then by
// the order of scheduling, is the only clock, every Lambda invocation is a coroutine that parks at each client call,
// and the same Config.Seed gives the same transcript. In real-time mode (RunRealtime) the same heap is driven by
// timers and invocations are goroutines.
//
// A handler in virtual mode must make its client calls from the goroutine it was called on: a coroutine can't be
// resumed from another one.
package cloudsim
