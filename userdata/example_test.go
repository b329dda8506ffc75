package userdata_test

import (
	"fmt"
	"strings"
	"time"

	"autospotting/userdata"
)

// release is what the user data says of spotd.
var release = userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:reports", Group: "web", Grace: 5 * time.Minute,
	ReleaseURL: "https://example.com/spotd", SHA256: map[string]string{"amd64": strings.Repeat("a", 64)}}

// spotd is put into the user data of an owner, and taken out again to the byte.
func ExampleInject() {
	original := []byte("#!/bin/sh\necho hello\n")
	out, note, err := userdata.Inject(original, release)
	if err != nil || note != "" {
		fmt.Println(note, err)
		return
	}
	fmt.Println(userdata.Detect(original), "became", userdata.Detect(out))
	settings, injected := userdata.Injected(out)
	fmt.Println("injected:", injected, "for group", settings.Group)
	fmt.Printf("removed: %q\n", userdata.Remove(out))
	// Output:
	// shell script became MIME message
	// injected: true for group web
	// removed: "#!/bin/sh\necho hello\n"
}

// What cannot take spotd safely stays as it is, with the reason.
func ExampleInject_unchanged() {
	out, note, err := userdata.Inject([]byte("[settings.kubernetes]\n"), release)
	fmt.Printf("%q, %v\n%s\n", out, err, note)
	// Output:
	// "[settings.kubernetes]\n", <nil>
	// passed through unchanged: Bottlerocket TOML: the host of Bottlerocket runs containers only; its settings take no script
}
