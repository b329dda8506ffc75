package conform

import (
	"strings"
	"testing"
)

// guide is the user guide's example, in one line.
const guide = `{"_aws":{"Timestamp":1574109732004,"CloudWatchMetrics":[{"Namespace":"lambda-function-metrics","Dimensions":[["functionVersion"]],"Metrics":[{"Name":"time","Unit":"Milliseconds"}]}]},"functionVersion":"$LATEST","time":100,"requestId":"989ffbf8-9ace-4817-a57c-e4dd734019ee"}` + "\n"

func TestTheGuidesExampleConforms(t *testing.T) {
	t.Parallel()
	if err := Check([]byte(guide)); err != nil {
		t.Error(err)
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	for what, c := range map[string][3]string{
		"two lines":                        {"\n", "\n\n", "ends of line"},
		"text before the object":           {`{"_aws"`, `INFO {"_aws"`, "JSON"},
		"a timestamp in seconds":           {"1574109732004", "1574109732", "milliseconds"},
		"a timestamp that is text":         {"1574109732004", `"1574109732004"`, "milliseconds"},
		"no metadata":                      {"_aws", "aws", "_aws"},
		"a member spelled otherwise":       {"Namespace", "namespace", "namespace"},
		"an empty namespace":               {"lambda-function-metrics", "", "Namespace"},
		"one flat dimension set":           {`[["functionVersion"]]`, `["functionVersion"]`, "Dimensions[0]"},
		"no dimension set at all":          {`[["functionVersion"]]`, `[]`, "Dimensions"},
		"a dimension that is not there":    {`"functionVersion":"$LATEST",`, "", "functionVersion"},
		"a dimension that is a number":     {`"$LATEST"`, "7", "functionVersion"},
		"a dimension that is not ASCII":    {`"$LATEST"`, `"größer"`, "functionVersion"},
		"ten keys in a set":                {`["functionVersion"]`, `["a","b","c","d","e","f","g","h","i","j"]`, "at most 9"},
		"a unit that CloudWatch has not":   {"Milliseconds", "USD", "Unit USD"},
		"a metric without its figure":      {`"time":100,`, "", "member time"},
		"a figure that is text":            {`"time":100`, `"time":"100"`, "member time"},
		"an additional member of a metric": {`"Unit"`, `"Units"`, "Units"},
	} {
		broken := strings.Replace(guide, c[0], c[1], 1)
		if err := Check([]byte(broken)); err == nil || broken == guide || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v, want %q named", what, err, c[2])
		}
	}
	if err := Check([]byte(strings.Replace(guide, "100,", `100,"pad":"`+strings.Repeat("x", longest)+`",`, 1))); err == nil {
		t.Error("a line longer than a log event passes")
	}
}
