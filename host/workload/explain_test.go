package workload

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var kextLike = []Limits{{"kext", 16 << 10, 15, 512 << 10, 512 << 10}, {"dext", 16 << 10, 15, 129 * 16 << 10, 1 << 20}}

// spoken lists command lines that have between them every operand, flag, verb and
// value that the parsers take. What a parser takes and this does not name, or what
// is named and has no text, fails.
func spoken() []string {
	lines := []string{"sync", "sudo sync"}
	values := map[string][]string{
		"bs": {"1m", "1000"}, "ibs": {"4k"}, "obs": {"16k", "1000"}, "count": {"1"}, "skip": {"1"}, "iseek": {"1"}, "seek": {"1"}, "oseek": {"1"},
		"conv":  append(strings.Fields(ddConversions), "noerror,sync"),
		"iflag": strings.Fields(ddInputFlags), "oflag": strings.Fields(ddOutputFlags), "status": strings.Fields(ddStatuses),
	}
	in := map[string]string{"null": "/dev/null", "endless": "/dev/zero", "raw": "/dev/rdisk5", "buffered": "/dev/disk5s2", "volume": "/Volumes/RAID/a", "file": "/a"}
	for _, from := range strings.Fields(inPlaces) {
		for _, to := range strings.Fields(outPlaces) {
			for _, operand := range strings.Fields(ddOperands) {
				for _, v := range values[operand] {
					line := fmt.Sprintf("dd if=%s of=%s %s=%s", in[from], in[to], operand, v)
					if operand != "count" {
						line += " count=2"
					}
					lines = append(lines, line)
				}
			}
			lines = append(lines, fmt.Sprintf("dd if=%s of=%s count=1 bs=1m ibs=4k obs=4k", in[from], in[to]))
		}
	}
	for _, f := range cpFlags {
		lines = append(lines, fmt.Sprintf("cp -%c /a /Volumes/RAID/", f))
	}
	for _, at := range []string{"/a", "/dev/null", "/Volumes/RAID/a"} {
		lines = append(lines, "cp -Rp -- "+at+" /Volumes/RAID/b "+at, "cp "+at+" /dev/zero")
	}
	for _, verb := range strings.Fields(diskutilVerbs + " information umount") {
		switch verb {
		case "partitionDisk":
			for _, format := range strings.Fields(formatNames) {
				for _, scheme := range []string{"", "GPT ", "MBRFormat ", "apm "} {
					lines = append(lines, "diskutil partitionDisk disk5 "+scheme+format+" A 100%", "diskutil partitionDisk disk5 2 "+scheme+format+" A 1t "+format+" B R")
				}
			}
		case "eraseDisk":
			for _, format := range strings.Fields(formatNames) {
				lines = append(lines, "diskutil eraseDisk "+format+" A disk5", "diskutil eraseDisk "+format+" A APM /dev/disk5")
			}
		case "list":
			for _, filter := range strings.Fields(diskutilFilters) {
				lines = append(lines, "diskutil list "+filter+" disk5")
			}
		case "unmount", "umount", "unmountDisk":
			lines = append(lines, "diskutil "+verb+" force disk5s2")
		default:
			lines = append(lines, "diskutil "+verb+" disk5")
		}
	}
	return lines
}

// Whatever the parsers take has a text with a source, and every text is of some
// use.
func TestExplain_SaysSomethingOfEveryOperand(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range spoken() {
		if _, err := Parse(line); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		words, err := Explain(line, kextLike)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		said, _ := split(line)
		number := 0
		for _, w := range words {
			if w.Number != number && w.Number != number+1 || w.Text != said[w.Number-1].text {
				t.Errorf("%s: word %d is called %d, %q", line, number, w.Number, w.Text)
			}
			number = w.Number
			if w.Says == "" || len(w.Sources) == 0 || strings.ContainsAny(w.Says, "{}?") || w.Shapes && w.Flushes {
				t.Errorf("%s: %+v", line, w)
			}
			seen[w.Says] = true
		}
		if number != len(said) {
			t.Errorf("%s: %d words explained of %d", line, number, len(said))
		}
	}
	numbers := numbersOf(kextLike)
	for _, x := range slices.Concat(ddSayings, ddFlagSayings, cpSayings, diskutilSayings, otherSayings) {
		if !seen[numbers.Replace(x.says)] {
			t.Errorf("nothing leads to %q", x.key)
		}
	}
}

// Every letter, word and number that the parsers might take is tried, so that an
// operand that is new to a parser and not to its list of names is found as well.
func TestExplain_NoOperandWithoutText(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	words := strings.Fields(ddOperands + " " + ddOtherOperands + " " + ddConversions + " " + ddByteConversions + " " + ddInputFlags + " " + ddOutputFlags + " " +
		ddStatuses + " " + diskutilVerbs + " " + diskutilFilters + " append creat excl fdatasync nofollow nonblock dsync text trunc verify repair rename resize")
	try := func(line string) {
		t.Helper()
		defer func() {
			if x := recover(); x != nil {
				t.Errorf("%s: %v", line, x)
			}
		}()
		if _, err := Parse(line); err == nil {
			_, _ = Explain(line, kextLike)
		}
	}
	for _, l := range letters {
		try(fmt.Sprintf("cp -%c /a /b", l))
	}
	for _, w := range words {
		for _, operand := range strings.Fields("conv iflag oflag status") {
			try("dd if=/dev/zero of=/dev/disk5 count=1 " + operand + "=" + w)
		}
		try("dd if=/dev/zero of=/dev/disk5 count=1 " + w + "=1")
		for _, rest := range []string{"", " disk5", " disk5s2", " force disk5"} {
			try("diskutil " + w + rest)
		}
	}
}

// The promises of the texts are those of the programs: no operand of dd or cp says
// that it sends SYNCHRONIZE CACHE, and conv=sync least of all.
func TestExplain_DDAndCPNeverFlush(t *testing.T) {
	for _, line := range spoken() {
		if name, _, _ := strings.Cut(line, " "); name != "dd" && name != "cp" {
			continue
		}
		words, err := Explain(line, kextLike)
		if err != nil {
			continue // spoken has been checked above
		}
		for _, w := range words {
			if w.Flushes {
				t.Errorf("%s: %q is said to flush", line, w.Text)
			}
		}
	}
}

func TestExplain_Errors(t *testing.T) {
	for _, line := range []string{"", "dd", "dd if=/dev/zero of=/dev/disk5 oflag=dsync count=1", "cp -c a b", "cp /dev/zero a", "diskutil verifyDisk disk5", "sync now"} {
		_, want := Parse(line)
		if _, err := Explain(line, nil); want == nil || err == nil || err.Error() != want.Error() {
			t.Errorf("%q: %v, want %v", line, err, want)
		}
	}
}

// Golden lines, one for each tool.
func TestExplain_Golden(t *testing.T) {
	var b strings.Builder
	for _, line := range []string{
		"dd if=/dev/random of=/dev/disk5 bs=1m count=64 conv=fsync",
		"sudo dd if=/dev/zero 'of=/dev/rdisk5' bs=4m count=16 seek=1 oflag=sync conv=noerror,sync status=none",
		"cp -Rp '/Users/user/My Footage' /Volumes/RAID/",
		"diskutil partitionDisk disk5 GPT JHFS+ RAID 100%",
		"sync",
	} {
		fmt.Fprintf(&b, "%s\n----\n", line)
		words, err := Explain(line, kextLike)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			fmt.Fprintf(&b, "%d %s %s shapes=%t flushes=%t: %s %q\n", w.Number, w.Text, w.Part, w.Shapes, w.Flushes, w.Says, w.Sources)
		}
		b.WriteString("\n")
	}
	const file = "testdata/explain.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs; run with -update and look at the change:\n%s", file, b.String())
	}
}
