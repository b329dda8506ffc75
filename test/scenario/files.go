package scenario

import (
	"embed"
	"path"
	"strings"
)

//go:embed testdata/*.txt
var files embed.FS

// All are the stories of testdata, by name.
func All() ([]Story, error) {
	list, err := files.ReadDir("testdata")
	if err != nil {
		return nil, err
	}
	var out []Story
	for _, f := range list {
		text, err := files.ReadFile(path.Join("testdata", f.Name()))
		if err != nil {
			return nil, err
		}
		s, err := Parse(strings.TrimSuffix(f.Name(), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
