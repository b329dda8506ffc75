package act

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Names of our templates: what EC2 forbids is replaced, and the hash tells apart what then reads the same.
func TestANameForOursIsMadeOfTheGroups(t *testing.T) {
	t.Parallel()
	name := func(group string) string {
		n := ourTemplateName(group)
		return n[:strings.LastIndexByte(n, '-')]
	}
	for group, want := range map[string]string{"web": "web", "AZaz09-_.": "AZaz09-_.", "a b/c:@é": "a-b-c---", strings.Repeat("x", 90): strings.Repeat("x", 80)} {
		if got := name(group); got != "autospotting-"+want {
			t.Errorf("%s: %s", group, got)
		}
	}
	if ourTemplateName("a b") == ourTemplateName("a/b") {
		t.Error("two groups have one template")
	}
}

// A template takes 5,000 versions. What is superfluous goes, a bounded number at a time, and no more pages are read than that takes.
func TestOldVersionsGoByTwoHundred(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                       string
		have, page, deleted, reads int
	}{
		{"none is old", keptVersions + 1, 10, 0, 1},
		{"one is", keptVersions + 2, 10, 1, 1},
		{"two hundred are in five pages", 300, 41, 200, 5},
		{"one less is, and a sixth page tells of it", 300, 40, 200, 6},
		{"a page has more of them", 300, 130, 200, 2},
		{"one is missing after four pages", 300, 51, 200, 5},
	} {
		acc := web()
		acc.perPage = c.page
		for n := c.have; n > 0; n-- {
			acc.versions["ours"] = append(acc.versions["ours"], types.LaunchTemplateVersion{VersionNumber: aws.Int64(int64(n)), DefaultVersion: aws.Bool(n == 1)})
		}
		acc.actor().prune(t.Context(), "ours")
		var deleted []string
		for _, in := range inputs[ec2.DeleteLaunchTemplateVersionsInput](acc) {
			if deleted = in.Versions; *in.LaunchTemplateName != "ours" {
				t.Errorf("%s: of %s", c.name, *in.LaunchTemplateName)
			}
		}
		if len(deleted) != c.deleted || acc.calls("ec2.DescribeLaunchTemplateVersions") != c.reads || acc.calls("ec2.DeleteLaunchTemplateVersions") != min(1, c.deleted) {
			t.Errorf("%s: %d deleted after %d reads", c.name, len(deleted), acc.calls("ec2.DescribeLaunchTemplateVersions"))
		}
		if c.deleted > 0 && deleted[0] != fmt.Sprint(c.have-keptVersions) {
			t.Errorf("%s: the first to go is %s", c.name, deleted[0])
		}
	}
	acc := web()
	acc.failing("ec2.DescribeLaunchTemplateVersions", errLost)
	if acc.actor().prune(t.Context(), "owner"); acc.calls("ec2.DeleteLaunchTemplateVersions") != 0 {
		t.Error("versions that were not seen are deleted")
	}
}
