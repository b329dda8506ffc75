package userdata

import (
	"bytes"
	"strings"
	"testing"
)

// What an earlier release put in comes out again to the byte, and is replaced.
func TestABatchScriptOfAnEarlierReleaseIsReplaced(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	for _, name := range []string{"windows-script", "windows-powershell", "windows-powershell-persist", "windows-script-and-powershell", "windows-bom"} {
		for i, shape := range batchShapes {
			owner := files[name]
			older, reason := shape.join(owner, Detect(owner), renderWindows(all()))
			if reason != "" {
				t.Fatalf("%s: %s", name, reason)
			}
			if got, script, ok := split(older); !ok || !bytes.Equal(got, owner) || script != renderWindows(all()) {
				t.Errorf("%s, shape %d: found %v, owner's %q", name, i, ok, got)
			}
			again, note := inject(t, older, all())
			if direct, _ := inject(t, owner, all()); !bytes.Equal(again, direct) || note != "" {
				t.Errorf("%s, shape %d: injected again it is not as injected at once: %s", name, i, note)
			}
		}
	}
}

func TestNothingOnWindowsIsRunByANameThatUsersCouldTakeFirst(t *testing.T) {
	t.Parallel()
	out, _ := inject(t, []byte("<powershell>\r\nGet-Date\r\n</powershell>\r\n"), all())
	_, script, ok := split(out)
	if !ok {
		t.Fatal("not injected")
	}
	batch := strings.ReplaceAll(string(out), script, "")
	if strings.Contains(batch, "%TEMP%") || !strings.Contains(batch, `@set SPOTD_RUN=%ProgramFiles%\spotd\%RANDOM%%RANDOM%%RANDOM%`) || !strings.Contains(batch, "@set SPOTD_RUN=\r\n") {
		t.Errorf("the batch script is\n%s", batch)
	}
	own, copied := strings.Index(script, "  Own\n"), strings.Index(script, "Copy-Item -Force $PSCommandPath $copy")
	if own < 0 || copied < own || !strings.Contains(script, `$copy = "$dir\bootstrap-$([guid]::NewGuid()).ps1"`) {
		t.Errorf("the folder is not made ours (%d) before the script is copied (%d) by a name of its own", own, copied)
	}
	if !strings.Contains(script, `O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)`) {
		t.Error("the folder is not SYSTEM's and the Administrators' alone")
	}
}
