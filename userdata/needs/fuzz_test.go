package needs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var known = words("membership cloudformation-helpers launch-hook address volume interface route dns quorum kubernetes ecs runner worker license")

func FuzzRecognise(f *testing.F) {
	for _, dir := range []string{"../testdata/needs", "../testdata/corpus"} {
		files, err := filepath.Glob(dir + "/*")
		if err != nil || len(files) == 0 {
			f.Fatal(dir, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			_, text, ok := strings.Cut(string(b), "---8<---\n")
			if !ok {
				text = string(b)
			}
			f.Add([]byte(text))
		}
	}
	for _, b := range hostile() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 16<<10 {
			return
		}
		found, unread := Read(b)
		if len(found) > maxFound || len(unread) > maxFound {
			t.Fatalf("%d needs, %d unread", len(found), len(unread))
		}
		for i, n := range found {
			if !known[n.Need] || n.Where == "" {
				t.Fatalf("%+v", n)
			}
			for _, m := range found[:i] {
				if m == n {
					t.Fatalf("twice: %+v", n)
				}
			}
		}
		again, unreadAgain := Read(b)
		if !reflect.DeepEqual(found, again) || !reflect.DeepEqual(unread, unreadAgain) {
			t.Fatalf("read twice: %v %v, then %v %v", found, unread, again, unreadAgain)
		}
	})
}

// hostile inputs are made to cost time: nesting, quotes that nothing closes, aliases, what grows.
func hostile() (list [][]byte) {
	fill := func(head, unit string) {
		list = append(list, []byte(head+strings.Repeat(unit, (16<<10-len(head))/len(unit))))
	}
	for _, unit := range []string{"$(", "`", "\"", "'", "${", "(", "{\n", "do\n", "\\", "<<E\n", "<<<'a' ", "A=(", "\"$(", "`\\`", "a|", "$A", "x=$x$x;", "bash -c 'sh -c \"", "echo a | tee b;", "sudo ", "eval eval ", "aws ec2 ", ">f ", "cat <<A > b\n$(\nA\n", "docker run -e A=B "} {
		fill("#!/bin/bash\n", unit)
	}
	fill("#!/bin/bash\na=bbbbbbbb\n", "a=$a$a\necho $a > f\n")
	fill("#cloud-config\n", "- ")
	fill("#cloud-config\nruncmd:\n", "- [a, ")
	fill("#cloud-config\na: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nruncmd: [*b", ",*b")
	fill("## template: jinja\n#cloud-config\n", "{%")
	fill("<powershell>\n", "<#\n")
	fill("<powershell>", "</powershell><powershell>")
	fill("[settings.kubernetes]\n", "[settings.")
	fill("{\"ignition\":", "{\"a\":")
	fill("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n", "--b\n\nMIME-Version: 1.0\n")
	fill("#cloud-config-archive\n", "- |\n #cloud-config-archive\n - x\n")
	fill("#!/usr/bin/python3\n", "associate_address subprocess(")
	return list
}

// aliases is a file that is written some thousand times: the dearest input, read until there is no more room.
func aliases() []byte {
	head := "#cloud-config\na: &a\n  path: /b.sh\n  content: " + strings.Repeat("aws ec2 x;", 700) + "\nwrite_files:\n"
	return []byte(head + strings.Repeat("- *a\n", (16<<10-len(head))/5))
}

func TestHostileUserDataIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for _, b := range hostile() { // they are read as the fuzzer's seeds
		if len(b) > 16<<10 {
			t.Fatalf("%d bytes", len(b))
		}
	}
	bomb := zipped(t, "#!/bin/sh\n"+strings.Repeat("aws ec2 associate-address --x y\n", 1000))
	if found := Recognise([]byte(bomb)); len(found) > maxFound {
		t.Errorf("%d needs", len(found))
	}
	long := zipped(t, eip+strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", 300))
	if found := Recognise([]byte(long)); len(found) != 1 {
		t.Errorf("the beginning of a long text: %v", found)
	}
	Recognise(aliases())
	deep := eip
	for range 12 {
		deep = "#!/bin/sh\necho " + b64(deep) + " | base64 -d | sh\n"
	}
	if found := Recognise([]byte(deep)); len(found) > 0 {
		t.Errorf("deeper than %d: %v", maxDepth, found)
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, text := range append(hostile(), aliases()) {
		b.Run(strings.Map(func(c rune) rune {
			if c < 'A' || c > 'z' {
				return '.'
			}
			return c
		}, string(text[:min(len(text), 40)])), func(b *testing.B) {
			for range b.N {
				Recognise(text)
			}
		})
	}
	bomb := []byte(zipped(b, "#!/usr/bin/python3\n"+strings.Repeat("x = client.describe_something(InstanceId=me)\n", 11000)))
	b.Run("python-480KB", func(b *testing.B) {
		for range b.N {
			Recognise(bomb)
		}
	})
	conf := []byte(zipped(b, "#cloud-config\nwrite_files:\n- path: /etc/a.conf\n  content: |\n"+strings.Repeat("    some.setting = \"a value of some length\"\n", 8000)))
	b.Run("conf-350KB", func(b *testing.B) {
		for range b.N {
			Recognise(conf)
		}
	})
}
