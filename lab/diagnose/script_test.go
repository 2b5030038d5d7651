package diagnose_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tbraid/lab/diagnose"
)

// Every script is one that a shell reads, and says what a step destroys before it
// writes to the disk. shellcheck looks at them where it is installed.
func TestScripts(t *testing.T) {
	o := forum(t)
	dir := t.TempDir()
	var paths []string
	for i := range o.Experiments {
		e := &o.Experiments[i]
		var b bytes.Buffer
		if err := diagnose.Script(&b, o, e); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, e.Name+".sh")
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		warned := false
		for _, line := range strings.Split(b.String(), "\n") {
			line = strings.TrimSpace(line)
			writes := strings.Contains(line, `of="/dev/`) || strings.HasPrefix(line, "diskutil partitionDisk") || strings.Contains(line, " /Volumes/RAID/clip.mov ||")
			if writes && !warned {
				t.Errorf("%s writes without a warning: %s", e.Name, line)
			}
			if line == "}" || strings.Contains(line, "RESULT") {
				warned = false
			}
			warned = warned || strings.HasPrefix(line, "destroys ")
		}
		if e.Cost.Destroys.String() == "nothing" != !strings.Contains(b.String(), "\tdestroys '") {
			t.Errorf("%s: cost and script disagree about what it destroys", e.Name)
		}
		if out, err := exec.Command("sh", "-n", path).CombinedOutput(); err != nil {
			t.Errorf("%s: sh: %s", e.Name, out)
		}
	}
	golden(t, "first.sh", read(t, filepath.Join(dir, "half-read-back.sh")))
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("left out: shellcheck is not installed")
	}
	if out, err := exec.Command("shellcheck", paths...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck:\n%s", out)
	}
}
