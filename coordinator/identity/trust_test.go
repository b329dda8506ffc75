package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryPublishedCertificateSpeaksForOneRegion(t *testing.T) {
	files, err := filepath.Glob("certificates/*.pem")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	known := trust{}
	for _, name := range files {
		if region := strings.TrimSuffix(filepath.Base(name), ".pem"); len(known.of(region)) != 1 {
			t.Errorf("%s has %d certificates", region, len(known.of(region)))
		}
	}
	for _, region := range []string{"us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "mx-central-1"} {
		if len(known.of(region)) != 1 {
			t.Errorf("%s has %d certificates", region, len(known.of(region)))
		}
	}
	for _, region := range []string{"", "ap-moon-1", "README", "us-east-1.pem", "../certificates/us-east-1", "us-east-1\x00"} {
		if list := known.of(region); len(list) != 0 {
			t.Errorf("%d certificates speak for %q", len(list), region)
		}
	}
}

func TestWhatIsNoCertificateIsRefusedWithTheRemedy(t *testing.T) {
	good := file(t, "signer.pem")
	for _, c := range []struct{ name, item, want string }{
		{"nothing", "", "no PEM certificate"},
		{"a sentence", "trust me", "no PEM certificate"},
		{"a name that is no region", "moon=" + good, "is no region"},
		{"half a certificate", good[:len(good)/2], "broken PEM"},
		{"something after it", good + "and more", "broken PEM"},
		{"another kind of block", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "want CERTIFICATE"},
		{"a block with no certificate inside", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x509"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New([]byte(c.item))
			if err == nil || !strings.Contains(err.Error(), "extra certificate 1: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAFileNamedAfterARegionSpeaksForIt(t *testing.T) {
	dir := t.TempDir()
	named, general := filepath.Join(dir, "ap-moon-1.pem"), filepath.Join(dir, "simulated.pem")
	for _, path := range []string{named, general} {
		if err := os.WriteFile(path, []byte(file(t, "signer.pem")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	items, err := ReadFiles(named, general)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, items...)
	if n := len(v.trust.of("ap-moon-1")); n != 2 {
		t.Errorf("%d certificates for the named region, want its own and the general one", n)
	}
	if n := len(v.trust.of("ap-moon-2")); n != 1 {
		t.Errorf("%d certificates for another region, want the general one", n)
	}
	if _, err := ReadFiles(filepath.Join(dir, "missing.pem")); err == nil {
		t.Error("a missing file was read")
	}
}
