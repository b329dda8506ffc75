package act

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"autospotting/coordinator/decide"
)

// A request that came too often says nothing of what it asks for, whatever AWS calls that.
func TestAThrottledLaunchAccusesNoType(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"one of the SDK's codes": refusedBy("RequestThrottled", "slow down"),
		"another of them":        refusedBy("TooManyRequestsException", "slow down"),
		"by the status": &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusTooManyRequests}},
			Err: refusedBy("SomethingNew", "slow down")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if res := refusedWhole(three, err); res.Failure != decide.Throttled || res.Suspect || len(res.Refused) > 0 {
				t.Errorf("%+v", res)
			}
		})
	}
}

// EC2 lists what would do. None of those is at fault.
func TestATypeThatAMessageRecommendsIsNotBlamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, blamed string }{
		{"only what would do", "The instance configuration is not supported. Enter a supported instance type: m5.large, m5.xlarge.", ""},
		{"the culprit, then what would do", "The instance type g5.xlarge is not supported. Supported instance types: m5.large, t3.large.", "g5.xlarge"},
		{"a list of values", "Invalid value for instanceType, valid values are m5.large, t3.large", ""},
		{"what is to be chosen", "g5.xlarge cannot be used with this image. Choose one of: [t3.large]", "g5.xlarge"},
		{"the culprit behind the word", "g5.xlarge is not a supported instance type for this image", "g5.xlarge"},
		{"the culprit behind its like", "Unsupported instance type: g5.xlarge", "g5.xlarge"},
		{"within another name", "The image my-t3.large-image of arn:aws:iam::1:role/t3.large_role does not exist", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res := refusedWhole(three, refusedBy("UnsupportedOperation", c.text))
			blamed := ""
			for _, p := range res.Refused {
				blamed += p.Type
			}
			if blamed != c.blamed || res.Suspect != (c.blamed == "") {
				t.Errorf("blamed is %q, suspect %t", blamed, res.Suspect)
			}
		})
	}
}

// A type that is not offered in one zone may well be in the others (EC2 Fleet's own code for it).
func TestAFleetsTypeThatAZoneDoesNotOfferIsThePools(t *testing.T) {
	t.Parallel()
	text := "Your requested instance type (t3.large) is not supported in your requested Availability Zone (us-east-1b). Please retry your request by not specifying an Availability Zone or choosing us-east-1a."
	if got := ownerOf("InvalidFleetConfiguration", text); got != decide.OfPool {
		t.Errorf("of the %s", got)
	}
}

// What AWS says goes into the record many times over, and into a tag: no more of it than a person reads.
func TestALongAnswerIsCutShort(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("no ", 4000), "no. Encoded authorization failure message: " + strings.Repeat("x", 10000), strings.Repeat("é", 5000)} {
		res := refusedWhole(three, refusedBy("SomethingNew", text))
		if len(res.Detail) > 1200 || !strings.HasPrefix(res.Detail, "SomethingNew: ") || strings.Contains(res.Detail, "xxxx") || strings.Contains(res.Detail, "\ufffd") {
			t.Errorf("%d bytes: %.80s", len(res.Detail), res.Detail)
		}
	}
}

// An owner who goes back to an older template may find one of the two versions of it left, and a third that is made takes that one's place.
func TestAVersionThatIsPrunedIsNotRemembered(t *testing.T) {
	t.Parallel()
	acc := web()
	acc.perPage = 20
	for n := keptVersions + 2; n > 0; n-- {
		acc.versions["ours"] = append(acc.versions["ours"], types.LaunchTemplateVersion{LaunchTemplateId: aws.String("lt-1"), VersionNumber: aws.Int64(int64(n)),
			VersionDescription: aws.String(fmt.Sprint("h", n)), DefaultVersion: aws.Bool(n == 1)})
	}
	actor := acc.actor()
	if v, err := actor.version(t.Context(), "ours", "h2"); err != nil || v.version != "2" {
		t.Fatalf("%+v, %v", v, err)
	}
	actor.prune(t.Context(), "ours")
	acc.versions["ours"] = acc.versions["ours"][:keptVersions]
	if v, err := actor.version(t.Context(), "ours", "h2"); err != nil || v.version != "" {
		t.Errorf("%+v is named after it was deleted: %v", v, err)
	}
}

// EC2 does not check a launch template's figures when it is made. One template must not take the memory of the function that serves all groups.
func TestATemplateWithAnAbsurdNetworkCardIsReadAndFitsNoType(t *testing.T) {
	t.Parallel()
	for _, card := range []int32{-1, 1<<31 - 1} {
		d := &data{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0)}, {DeviceIndex: aws.Int32(1), NetworkCardIndex: &card}}}
		asks := asksOf(d)
		if n := len(asks.CardInterfaces); n == 0 || n > 1000 || asks.CardInterfaces[n-1] == 0 {
			t.Errorf("card %d asks for %d cards", card, n)
		}
	}
}

// An organization's policy may forbid some types alone (ec2:InstanceType in a service control policy). The others go on.
func TestATypeThatAPolicyForbidsIsTheTypes(t *testing.T) {
	t.Parallel()
	const code, text = "UnauthorizedOperation", "You are not authorized to perform this operation with an explicit deny in a service control policy. Encoded authorization failure message: xxxx"
	dry := fault("InsufficientInstanceCapacity", "none", "m5.large", "subnet-a")
	g5 := decide.RefusedPool{Type: "g5.xlarge", Zone: "us-east-1a", Code: code, Owner: decide.OfType}
	for _, c := range []struct {
		name    string
		errs    []types.CreateFleetError
		brought bool
		want    bool
	}{
		{"beside one without capacity", append(every(code, text)[2:3], dry), false, true},
		{"beside one that was launched", every(code, text)[2:3], true, true},
		{"alone, so that of the others nobody knows", every(code, text)[2:3], false, false},
		{"of all types", every(code, text), false, false},
	} {
		res := decide.Result{}
		if c.brought {
			res.Launched = []decide.LaunchedOne{{ID: "i-1", Type: "m5.large"}}
		}
		if refusedPools(three, c.errs, &res); slices.Contains(res.Refused, g5) != c.want || res.Suspect || !strings.HasPrefix(res.Detail, "a permission is missing") || strings.Contains(res.Detail, "xxxx") {
			t.Errorf("%s: %+v", c.name, res)
		}
	}
}
