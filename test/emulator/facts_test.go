package emulator

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/market"
	"autospotting/pkg/snapshot"
)

// changed are facts that the service has changed since the snapshot, or that the snapshot's data lacks, by field.
var changed = map[string][]string{
	"Burstable":       {"t1.micro"},
	"BaselineGbps":    {"i7ie.48xlarge", "i7ie.metal-48xl"}, // 100 then, a second card since
	"EBSOptimized":    {"hpc6a.", "hpc6id.", "hpc7a.", "p4de.", "p5e.", "trn2."},
	"EBSBaselineMbps": {"hpc6a.", "hpc6id.", "hpc7a.", "p4de.", "p5e.", "trn2.", "u7i-"},
	"EBSBaselineIOPS": {"hpc6a.", "hpc6id.", "hpc7a.", "p4de.", "p5e.", "trn2.", "u7i-", "u7in-"},
	"StorageDisks":    {"hpc6id.", "p4de.", "p5e.", "trn2."},
	"StorageGB":       {"hpc6id.", "p4de.", "p5e.", "trn2."},
	"StorageKind":     {"hpc6id.", "p4de.", "p5e.", "trn2."},
}

// compared are the fields that the snapshot derives, and those of its data that do not change with the day.
var compared = []string{"VCPU", "Arch", "StorageDisks", "StorageGB", "StorageKind", "EBSBaselineMbps", "EBSOptimized", "ENA", "NVMe", "BootModes", "NetworkInterfaces",
	"Cores", "ThreadsPerCore", "ValidCores", "ValidThreads", "SEVSNP", "NestedVirtualization", "Enclaves", "Hibernation", "TPM",
	"CardInterfaces", "BaselineGbps", "IPv4PerInterface", "IPv6PerInterface", "IPv6", "EFAInterfaces", "ENAExpress", "BandwidthWeightings", "FlexibleENAQueues",
	"EBSAttachments", "EBSShared", "EBSBaselineIOPS", "EBSEncryption", "RootDevices", "Burstable", "BareMetal"}

// The emulator ships what DescribeInstanceTypes answered in every region: the snapshot's tables are held against it, type by type.
func TestTheSnapshotSaysOfEveryTypeWhatTheServiceSays(t *testing.T) {
	t.Parallel()
	service := recorded(t)
	held := 0
	for _, s := range snapshot.Types() {
		info, ok := service[s.Name]
		if !ok {
			continue
		}
		held++
		want, got := reflect.ValueOf(act.ToType(info)), reflect.ValueOf(market.Type(s))
		for _, field := range compared {
			w, g := want.FieldByName(field).Interface(), got.FieldByName(field).Interface()
			excused := slices.ContainsFunc(changed[field], func(prefix string) bool { return strings.HasPrefix(s.Name, prefix) })
			if same := reflect.DeepEqual(w, g); !same && !excused {
				t.Errorf("%s: %s is %v in the snapshot, the service says %v", s.Name, field, g, w)
			}
		}
	}
	if held < 850 {
		t.Errorf("only %d types could be compared: the record is of other types, or the snapshot", held)
	}
}

func recorded(t *testing.T) map[string]ec2types.InstanceTypeInfo {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", ".cache", "venv", "lib", "python3*", "site-packages", "moto", "ec2", "resources", "instance_types.json.gz"))
	if err != nil || len(files) == 0 {
		needEmulator(t)
		t.Fatalf("the emulator is there, its instance types are not: %v", err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]ec2types.InstanceTypeInfo{}
	if err := json.NewDecoder(z).Decode(&list); err != nil {
		t.Fatalf("%s: %v", files[0], err)
	}
	return list
}
