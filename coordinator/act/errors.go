package act

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"autospotting/coordinator/decide"
)

// classify tells what an error means for the decision. Auto Scaling says nearly everything as ValidationError
// with free text, so the text is what there is (aws-facts 1.1, 1.4).
func classify(err error) (decide.Failure, string) {
	if err == nil {
		return decide.Done, ""
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return decide.Lost, err.Error()
	}
	code, text := api.ErrorCode(), api.ErrorMessage()
	detail := code + ": " + text
	for _, t := range texts {
		if strings.Contains(text, t.part) {
			return t.failure, detail
		}
	}
	if f, ok := codes[code]; ok {
		return f, detail
	}
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	switch status := httpStatus(err); {
	case throttled, status == http.StatusTooManyRequests:
		return decide.Throttled, detail
	case status >= http.StatusInternalServerError, api.ErrorFault() == smithy.FaultServer: // whatever AWS calls it: it may have worked, and will again
		return decide.Lost, detail
	case strings.HasSuffix(code, "NotFound"), strings.HasSuffix(code, ".NotFoundException"):
		return decide.Gone, detail
	}
	return decide.Invalid, detail
}

// httpStatus is that of the answer, 0 where there was none.
func httpStatus(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if !errors.As(err, &answer) {
		return 0
	}
	return answer.HTTPStatusCode()
}

// Refused tells whether AWS found fault with what was asked for, as opposed to who asks, how often, or a fault of its own: it would
// refuse the same again.
func Refused(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) || httpStatus(err) >= http.StatusInternalServerError {
		return false
	}
	for _, prefix := range []string{"Validation", "InvalidParameter", "InvalidInstanceID", "InvalidInstanceId", "FilterLimitExceeded"} {
		if strings.HasPrefix(api.ErrorCode(), prefix) {
			return true
		}
	}
	return false
}

var texts = []struct {
	part    string
	failure decide.Failure
}{
	{"is already part of AutoScalingGroup", decide.AlreadyMember},
	{"is not part of Auto Scaling group", decide.NotMember},
	{"No managed instance found", decide.NotMember},
	{"is not in InService", decide.Throttled}, // it was put in Standby, say: not done, and to be done once it is back
	{"desiredSize equals minSize", decide.AtMin},
	{"please update the AutoScalingGroup sizes appropriately", decide.AtMax},
	{"AutoScalingGroup name not found", decide.Gone},
}

var codes = map[string]decide.Failure{
	"IdempotentParameterMismatch":   decide.Mismatch,
	"ResourceContention":            decide.Throttled,
	"ResourceInUse":                 decide.Throttled,
	"ScalingActivityInProgress":     decide.Throttled,
	"MaxSpotInstanceCountExceeded":  decide.Throttled,
	"VcpuLimitExceeded":             decide.Throttled,
	"InstanceLimitExceeded":         decide.Throttled,
	"MaxFleetCountExceeded":         decide.Throttled,
	"ResourceCountExceeded":         decide.Throttled,
	"InvalidPlacementGroup.Unknown": decide.Gone,
	"InternalError":                 decide.Lost,
	"InternalFailure":               decide.Lost,
	"ServiceUnavailable":            decide.Lost,
	"Unavailable":                   decide.Lost,
	"RequestTimeout":                decide.Lost,
}
