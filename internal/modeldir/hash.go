package modeldir

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Hash returns the SHA-256 of a model directory: of the lines "HASH  PATH\n" of its
// files, in the order of their paths, as sha256sum prints them.
func Hash(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s: not a regular file", path)
		}
		one := sha256.New()
		if _, err := io.Copy(one, f); err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%x  %s\n", one.Sum(nil), filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("%s: cannot hash the model: %w", dir, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
