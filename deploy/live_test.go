package main

import (
	"maps"
	"testing"
)

func TestWhatAChannelBroughtIsKeptAndSpotdStaysOffWhereItIs(t *testing.T) {
	t.Parallel()
	f := followed{Version: "v2", sums: "amd64=new"}
	for _, c := range []struct{ name, url, want string }{
		{"spotd comes from where the function does", "https://b.s3.eu-west-1.amazonaws.com/spotd/v1", "https://b.s3.eu-west-1.amazonaws.com/spotd/v2"},
		{"spotd is off", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			said := map[string]string{"FunctionKey": "function/v1/coordinator-arm64.zip", "ReleaseURL": c.url, "SpotdSHA256": "amd64=old"}
			f.keep(said)
			if want := map[string]string{"FunctionKey": "function/v2/coordinator-arm64.zip", "ReleaseURL": c.want, "SpotdSHA256": "amd64=new"}; !maps.Equal(said, want) {
				t.Errorf("kept is %v, want %v", said, want)
			}
		})
	}
}
