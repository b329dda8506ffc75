package act

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// sourceHash is that of what the owner says, with the flags that dropFrom takes out: versions before the table of fields left them in, and another
// hash would end what they have under way as outdated.
func sourceHash(from original, said types.RequestLaunchTemplateData) string {
	d := *from.data
	d.DisableApiStop, d.HibernationOptions, d.InstanceInitiatedShutdownBehavior = said.DisableApiStop, said.HibernationOptions, said.InstanceInitiatedShutdownBehavior
	if !aws.ToBool(said.DisableApiTermination) { // one that was up they took out
		d.DisableApiTermination = said.DisableApiTermination
	}
	from.data = &d
	return contentHash(from)
}

func contentHash(from original) string {
	b, _ := json.Marshal(from.data) // texts, whole numbers and booleans: it cannot fail
	sum := sha256.Sum256(fmt.Appendf(b, "\x00%s\x00%d", from.id, from.version))
	return hex.EncodeToString(sum[:16])
}
