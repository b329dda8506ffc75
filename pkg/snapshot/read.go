package snapshot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// ReadPrices reads prices in the format of origin/linux-prices-by-region.csv, by region. Errors begin with the line.
func ReadPrices(r io.Reader) (map[string][]Price, error) { return readPrices(r, nil) }

// longestLine is the longest line that ReadTypes takes; the longest of origin/instance-types.jsonl has 20 KB.
const longestLine = 1 << 20

// ReadTypes reads instance types in the format of origin/instance-types.jsonl, one JSON object a line, and derives the same facts from
// them. Whether a type is sold as spot only prices can tell: Spot is set for all. Errors begin with the line.
func ReadTypes(r io.Reader) ([]Type, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	var out []Type
	n := 0
	for lines.Scan() {
		n++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		var one row
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if one.Name == "" || one.VCPU <= 0 || one.MemoryGiB <= 0 || len(one.Arch) == 0 {
			return nil, fmt.Errorf("line %d: %q lacks its instance_type, vCPU, memory or arch", n, one.Name)
		}
		out = append(out, one.typ(true))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	return out, nil
}
