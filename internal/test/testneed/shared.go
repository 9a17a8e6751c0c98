package testneed

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared gives the content of a file that stands beside the repository and is never copied into it: a vendor's
// contract or test vector. The path is below the folder of the vendors' files.
func Shared(t testing.TB, path string) []byte {
	t.Helper()
	dir, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "..", "shared", filepath.FromSlash(path))
	content, err := os.ReadFile(file) // #nosec G304 -- a test names the file
	if os.IsNotExist(err) {
		Missing(t, "the folder of the vendors' contracts and test vectors, ../shared")
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// repository is the folder that holds go.mod, looked for upwards from the package under test.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", os.ErrNotExist
		}
		dir = up
	}
}
