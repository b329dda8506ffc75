package acl

import (
	"errors"
	"strings"
	"testing"
)

func TestWhoOwnsAndWhoMayChangeIsJudged(t *testing.T) {
	t.Parallel()
	const user = "S-1-5-21-1004336348-1177238915-682003330-1001"
	for _, c := range []struct {
		name, sddl string
		want       error
		says       string
	}{
		{"the folder as it is made", Folder, nil, ""},
		{"the same as Windows tells it", "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)S:AI", nil, ""},
		{"a file in it", "O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)", nil, ""},
		{"identifiers in full", "O:S-1-5-32-544G:S-1-5-18D:(A;;0x1f01ff;;;S-1-5-18)", nil, ""},
		{"nobody may do anything", "O:SYG:SYD:P", nil, ""},
		{"others may read and run", "O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;FRFX;;;WD)", nil, ""},
		{"others are kept out", "O:SYG:SYD:(D;;FA;;;WD)(A;;FA;;;SY)", nil, ""},
		{"for what will stand in it, whoever makes that", "O:SYG:SYD:(A;OICIIO;GA;;;CO)(A;;FA;;;SY)", nil, ""},
		{"the owner's own rights", "O:SYG:SYD:(A;;FA;;;OW)", nil, ""},
		{"the installer of Windows", "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464G:SYD:(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)(A;;0x1200a9;;;BU)", nil, ""},

		{"a folder below ProgramData as anybody makes it", "O:" + user + "G:" + user + "D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;ID;FA;;;" + user + ")(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)", ErrOwner, user},
		{"the same as an administrator makes it", "O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)", ErrWriter, "BU"},
		{"everybody's", "O:BAG:SYD:(A;;FA;;;WD)", ErrWriter, "WD"},
		{"one user may append", "O:BAG:SYD:(A;;LC;;;" + user + ")", ErrWriter, user},
		{"one may give himself more", "O:BAG:SYD:(A;;WD;;;AU)", ErrWriter, "AU"},
		{"one may take it", "O:BAG:SYD:(A;;WO;;;AU)", ErrWriter, "AU"},
		{"one may delete it", "O:BAG:SYD:(A;;SD;;;AU)", ErrWriter, "AU"},
		{"one may delete what stands in it", "O:BAG:SYD:(A;;DT;;;AU)", ErrWriter, "AU"},
		{"on a condition", `O:BAG:SYD:(XA;;FW;;;WD;(@User.Title=="PM" && (Member_of {SID(BA)})))`, ErrWriter, "WD"},
		{"no access list", "O:BAG:SY", ErrWriter, "no access list"},
		{"no access list, behind the group", "O:BAG:SYS:AI", ErrWriter, "no access list"},
		{"an access list that is none", "O:BAG:SYD:NO_ACCESS_CONTROL", ErrWriter, "no access list"},
		{"a right that is new", "O:BAG:SYD:(A;;QQ;;;SY)", ErrDescriptor, "QQ"},
		{"a type that is new", "O:BAG:SYD:(N;;FA;;;SY)", ErrDescriptor, `"N"`},
		{"an entry that does not end", "O:BAG:SYD:(A;;FA;;;SY", ErrDescriptor, ""},
		{"an entry too short", "O:BAG:SYD:(A;;FA)", ErrDescriptor, ""},
		{"no owner", "G:SYD:(A;;FA;;;SY)", ErrDescriptor, ""},
		{"nothing", "", ErrDescriptor, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := Judge(c.sddl)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v %s", err, c.want, c.says)
			}
		})
	}
}

// FuzzJudge: whatever stands before it in the list, an entry that lets everybody write is
// never overlooked, and every error has a name.
func FuzzJudge(f *testing.F) {
	for _, entries := range []string{"", "PAI", "AI(A;OICIID;FA;;;SY)(A;CIID;DCLCRPCR;;;BU)", `(XA;;FR;;;WD;(Member_of {SID(BA)}))`, "(D;;FA;;;WD)", "(A;OICIIO;GA;;;CO)"} {
		f.Add(entries)
	}
	f.Fuzz(func(t *testing.T, entries string) {
		if strings.Contains(entries, "S:") { // what follows is another list
			return
		}
		err := Judge("O:BAG:SYD:" + entries + "(A;;FA;;;WD)")
		if !errors.Is(err, ErrWriter) && !errors.Is(err, ErrDescriptor) {
			t.Errorf("%q: %v", entries, err)
		}
	})
}
