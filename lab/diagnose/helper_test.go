package diagnose_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"tbraid/configs"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

func forum(t *testing.T) *configs.Observations {
	t.Helper()
	o, err := configs.LoadObservations("forum", nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// golden compares text with a file of testdata, or writes it there.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := read(t, path); got != want {
		t.Errorf("%s differs:\n%s\nwant\n%s", name, got, want)
	}
}
