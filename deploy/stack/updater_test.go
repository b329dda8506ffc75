package stack

import "testing"

// The updater changes the one function and nothing else, least of all itself; the function changes neither.
func TestWhatTheUpdaterMayDo(t *testing.T) {
	t.Parallel()
	d := everything(t)
	function, itself := d.attribute("Function", "Arn"), d.attribute("Updater", "Arn")
	bucket := "arn:aws:s3:::" + "own"
	d.values["ArtifactBucket"] = "own"
	for _, action := range []string{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:InvokeFunction"} {
		check(t, d.statements("UpdaterRole"), []sample{
			{"the function", action, function, nil, true},
			{"a version of it", action, function + ":7", nil, true},
			{"itself", action, itself, nil, false},
			{"a version of itself", action, itself + ":7", nil, false},
			{"another function", action, d.arn("lambda", "function:payments"), nil, false},
		})
		check(t, d.statements("FunctionRole"), []sample{
			{"the function itself", action, function, nil, false},
			{"the updater by the function", action, itself, nil, false},
		})
	}
	check(t, d.statements("UpdaterRole"), []sample{
		{"read the channel", "s3:GetObject", "arn:aws:s3:::releases/channel/stable.json", nil, true},
		{"read a release", "s3:GetObject", "arn:aws:s3:::releases/function/v1/coordinator-arm64.zip", nil, true},
		{"read another bucket", "s3:GetObject", "arn:aws:s3:::customers/list", nil, false},
		{"move the channel", "s3:PutObject", "arn:aws:s3:::releases/channel/stable.json", nil, false},
		{"keep a function", "s3:PutObject", bucket + "/function/v1/coordinator-arm64.zip", nil, true},
		{"keep spotd", "s3:PutObject", bucket + "/spotd/v1/spotd-linux-amd64", nil, true},
		{"keep what else is in the own bucket", "s3:PutObject", bucket + "/channel/stable.json", nil, false},
		{"delete a release", "s3:DeleteObject", bucket + "/spotd/v1/spotd-linux-amd64", nil, false},
		{"delete the function", "lambda:DeleteFunction", function, nil, false},
		{"let others call the function", "lambda:AddPermission", function, nil, false},
		{"give the function another role", "iam:PassRole", webRole, nil, false},
		{"change its own policy", "iam:PutRolePolicy", "arn:aws:iam::" + account + ":role/UpdaterRole", nil, false},
		{"launch", "ec2:RunInstances", d.arn("ec2", "instance/i-1"), nil, false},
		{"terminate", "ec2:TerminateInstances", d.arn("ec2", "instance/i-1"), nil, false},
		{"change a group", "autoscaling:UpdateAutoScalingGroup", groupARN, optedIn, false},
		{"read the ledger", "dynamodb:GetItem", d.arn("dynamodb", "table/autospotting-ledger"), nil, false},
		{"switch an alarm off", "cloudwatch:DisableAlarmActions", d.arn("cloudwatch", "alarm:x"), nil, false},
		{"look at the alarms", "cloudwatch:DescribeAlarms", d.arn("cloudwatch", "alarm:x"), nil, true},
	})
	web := deploy(t, Autospotting, map[string]any{"UpdateChannel": "https://releases.example.com/channel/stable.json", "ArtifactBucket": "own"})
	check(t, web.statements("UpdaterRole"), []sample{
		{"from the web, no bucket but the own one is read", "s3:GetObject", "arn:aws:s3:::releases/channel/stable.json", nil, false},
		{"the own one is", "s3:GetObject", bucket + "/spotd/v1/spotd-linux-amd64", nil, true},
	})
}

func TestWithoutAChannelNothingOfTheUpdaterIsThere(t *testing.T) {
	t.Parallel()
	off, on := deploy(t, Autospotting, nil), everything(t)
	if off.resolve(off.conditions["HasUpdates"]) != false || on.resolve(on.conditions["HasUpdates"]) != true {
		t.Fatal("the condition is not the channel's")
	}
	for _, id := range []string{"Live", "Updater", "UpdaterRole", "UpdaterTick", "UpdaterOnce", "UpdaterErrorsAlarm"} {
		if on.resources[id].Condition != "HasUpdates" {
			t.Errorf("%s: %q", id, on.resources[id].Condition)
		}
	}
	for _, id := range []string{"InboxMapping", "WorkMapping"} {
		if a, b := off.properties(id)["FunctionName"], on.properties(id)["FunctionName"]; a != off.attribute("Function", "Arn") || b != "Live" {
			t.Errorf("%s: messages go to %v, and with a channel to %v", id, a, b)
		}
	}
	if at(on.properties("Live"), "FunctionVersion") != "$LATEST" {
		t.Error("between updates messages go to what is installed")
	}
	if d := deploy(t, Autospotting, map[string]any{"FunctionKey": "function/v1.2.3/coordinator-arm64.zip"}).properties("Function")["Description"]; d != "AutoSpotting v1.2.3" {
		t.Errorf("the function says it is %q", d)
	}
}
