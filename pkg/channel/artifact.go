package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Copy writes what it reads to w, and tells whether it was this artefact. Before it returned nil, nothing of what it wrote may be
// used. It reads one byte more than the artefact has and not another.
func (a Artifact) Copy(w io.Writer, r io.Reader) error {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(r, a.Size))
	if err != nil {
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	if n < a.Size {
		return fmt.Errorf("%s: %w: %d bytes of %d", a.Name, ErrTruncated, n, a.Size)
	}
	switch m, err := io.ReadFull(r, make([]byte, 1)); {
	case m > 0:
		return fmt.Errorf("%s: %w: more than its %d bytes", a.Name, ErrTooLarge, a.Size)
	case err != io.EOF:
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != a.SHA256 {
		return fmt.Errorf("%s: %w: its SHA-256 is %s and not %s", a.Name, ErrTampered, sum, a.SHA256)
	}
	return nil
}
