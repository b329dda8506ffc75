package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"autospotting/coordinator/config"
	"autospotting/pkg/cli"
	"autospotting/userdata"
	"autospotting/userdata/needs"
)

// Userdata works on raw bytes, as cloud-init sees them, not on base64.
func Userdata() cli.Command {
	return cli.Command{Name: "userdata", Help: "put spotd into user data, take it out, show what is there (stdin to stdout)",
		More: "Standard input and output are raw user data, before base64.",
		Subs: []cli.Command{
			userdataCommand("inject", "put spotd on board; what cannot take it passes through unchanged, with the reason on standard error", true, injectUserdata),
			userdataCommand("remove", "take spotd out again, to the byte", false, removeUserdata),
			userdataCommand("show", "what is there, what it needs while it boots, and what inject would do with the same flags, as JSON", true, showUserdata),
		}}
}

func userdataCommand(name, help string, takesFlags bool, run func([]byte, userdata.Settings, cli.Streams) error) cli.Command {
	var s userdata.Settings
	var sums string
	c := cli.Command{Name: name, Help: help, Run: func(_ context.Context, _ []string, st cli.Streams) (err error) {
		if s.SHA256, err = config.ParseSums(sums); err != nil {
			return err
		}
		in, err := io.ReadAll(st.In)
		if err != nil {
			return fmt.Errorf("read user data from standard input: %w", err)
		}
		return run(in, s, st)
	}}
	if takesFlags {
		c.Flags = func(fs *flag.FlagSet) error { return userdataFlags(fs, &s, &sums) }
	}
	return c
}

func userdataFlags(fs *flag.FlagSet, s *userdata.Settings, sums *string) error {
	fs.StringVar(&s.Topic, "topic", "", "ARN of the reports topic")
	fs.StringVar(&s.Group, "group", "", "name of the Auto Scaling group")
	fs.DurationVar(&s.Grace, "grace", 5*time.Minute, "from launch to ready, where no probe says so")
	fs.StringVar(&s.Probe, "probe", "", "how spotd asks whether the application is up; as the image's spotd.conf says if empty")
	fs.BoolVar(&s.Await, "await", false, "have the owner's scripts wait until the instance is a member of its group, two minutes at most")
	fs.StringVar(&s.Version, "spotd-version", "", "release of spotd, for the log")
	fs.StringVar(&s.ReleaseURL, "release-url", "", "prefix of the downloads: https://, http:// or s3://BUCKET/PREFIX; the binary is PREFIX/spotd-linux-ARCH")
	fs.StringVar(sums, "sha256", "", "amd64=HEX,arm64=HEX[,windows-amd64=HEX]")
	fs.Func("env", "`NAME=VALUE`, exported before spotd is installed; may be repeated", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok {
			return errors.New("write NAME=VALUE")
		}
		if s.Env == nil {
			s.Env = map[string]string{}
		}
		s.Env[name] = value
		return nil
	})
	return nil
}

func injectUserdata(in []byte, s userdata.Settings, st cli.Streams) error {
	out, note, err := userdata.Inject(in, s)
	if err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	if note != "" {
		fmt.Fprintln(st.Err, note)
	}
	_, err = st.Out.Write(out)
	return err
}

func removeUserdata(in []byte, _ userdata.Settings, st cli.Streams) error {
	_, err := st.Out.Write(userdata.Remove(in))
	return err
}

// shown is what show prints.
type shown struct {
	Format     userdata.Format `json:"format"`
	Size       int             `json:"size"`
	Limit      int             `json:"limit"`
	Compressed bool            `json:"compressed"`
	Injected   bool            `json:"injected"`
	Parts      []shownPart     `json:"parts"`
	Settings   *shownSettings  `json:"settings,omitempty"`
	// What the owner's part needs while it boots, and what could not be read for it.
	Needs  []shownNeed   `json:"needs"`
	Unread []shownUnread `json:"unread"`
	// What inject would do.
	WouldInject bool   `json:"would_inject"`
	WouldBe     int    `json:"would_be"`
	Note        string `json:"note,omitempty"`
}

type shownPart struct {
	Type     string `json:"type"`
	Name     string `json:"name,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Size     int    `json:"size"`
	Ours     bool   `json:"ours"`
}

type shownNeed struct {
	Need  string `json:"need"`
	Where string `json:"where"`
}

type shownUnread struct {
	What  string `json:"what"`
	Where string `json:"where"`
}

type shownSettings struct {
	Topic      string            `json:"topic"`
	Group      string            `json:"group"`
	Grace      string            `json:"grace"`
	Probe      string            `json:"probe,omitempty"`
	Version    string            `json:"version,omitempty"`
	ReleaseURL string            `json:"release_url"`
	SHA256     map[string]string `json:"sha256"`
	Env        map[string]string `json:"env,omitempty"`
	Await      bool              `json:"await,omitempty"`
	WaitOnly   bool              `json:"wait_only,omitempty"`
}

// showUserdata prints what was found, and what injecting would do: with the flags, else with settings of usual length.
func showUserdata(in []byte, s userdata.Settings, st cli.Streams) error {
	info := userdata.Show(in)
	if s.Topic == "" && s.Group == "" && s.ReleaseURL == "" && len(s.SHA256) == 0 {
		s = usualSettings(info)
	}
	out, note, err := userdata.Inject(in, s)
	if err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	_, would := userdata.Injected(out)
	doc := shown{Format: info.Format, Size: info.Size, Limit: userdata.Limit, Compressed: info.Compressed, Injected: info.Injected,
		Parts: []shownPart{}, Needs: []shownNeed{}, Unread: []shownUnread{}, WouldInject: would && !strings.HasPrefix(note, userdata.Unchanged), WouldBe: len(out), Note: note}
	for _, p := range info.Parts {
		doc.Parts = append(doc.Parts, shownPart(p))
	}
	found, unread := needs.Read(in)
	for _, n := range found {
		doc.Needs = append(doc.Needs, shownNeed(n))
	}
	for _, u := range unread {
		doc.Unread = append(doc.Unread, shownUnread(u))
	}
	if is := info.Settings; info.Injected {
		doc.Settings = &shownSettings{is.Topic, is.Group, is.Grace.String(), is.Probe, is.Version, is.ReleaseURL, is.SHA256, is.Env, is.Await, is.WaitOnly}
	}
	return cli.Document(st.Out, doc)
}

func usualSettings(info userdata.Info) userdata.Settings {
	if info.Injected {
		return info.Settings
	}
	sum := strings.Repeat("0", 64)
	return userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:autospotting-reports", Group: "auto-scaling-group", Grace: 5 * time.Minute,
		ReleaseURL: "https://bucket.s3.us-east-1.amazonaws.com/spotd/v1", SHA256: map[string]string{"amd64": sum, "arm64": sum, "windows-amd64": sum}}
}
