package configs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: whatever the bytes, there is a scenario that reads back to itself,
// or one error with a place inside of the text.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "box.cache.capacity=2GiB")
	}
	for _, name := range names(Scenarios) {
		f.Add([]byte(open(Scenarios, name).text), "policies.sync=ack")
	}
	f.Fuzz(func(t *testing.T, data []byte, set string) {
		for _, sets := range [][]string{nil, {set}} {
			s, err := Parse("fuzz.yaml", data, sets)
			if err != nil {
				report(t, "fuzz", err)
				continue
			}
			text := s.Resolved()
			again, err := Parse("again.yaml", text, nil)
			if err != nil {
				t.Fatalf("does not read back: %v\n%s", err, text)
			}
			if got := again.Resolved(); !bytes.Equal(got, text) {
				t.Fatalf("reads back as\n%s\nwant\n%s", got, text)
			}
		}
	})
}

// FuzzParseObservations: whatever the bytes, there are observations of which every
// case can be played, or one error.
func FuzzParseObservations(f *testing.F) {
	for _, name := range names(Observed) {
		f.Add([]byte(open(Observed, name).text))
	}
	f.Add([]byte("base: forum\nunknown:\n  - {name: a, from: 1s, to: 9s, points: 1}\nobserved:\n  - {name: x, experiment: restart, saw: {read: lost}}\n"))
	f.Add([]byte("base: forum\nmechanisms:\n  - {name: mine, id: U1, title: x, role: modifier, prior: 5%, set: [\"others.driver.sync=${s}\"], unknown: [{name: s, values: [fail]}]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := ParseObservations("fuzz.yaml", data)
		if err != nil {
			report(t, "fuzz", err)
			return
		}
		for i := range o.Observed {
			ob := &o.Observed[i]
			for _, g := range Choices(o.Uses(&ob.Script)) {
				if _, err := o.Play(ob.Name, &ob.Script, ob.Volumes, g); err != nil {
					t.Fatalf("%s with %v: %v", ob.Name, g, err)
				}
			}
		}
	})
}

func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		unit, text string
		want       uint64
		back       string
	}{
		{unitBytes, "1GiB", 1 << 30, "1GiB"},
		{unitBytes, "1.5GiB", 3 << 29, "1536MiB"},
		{unitBytes, "64 MB", 64_000_000, "64MB"},
		{unitBytes, "6001175126016B", 6_001_175_126_016, "6001175126016B"},
		{unitBytes, "66TB", 66_000_000_000_000, "66TB"},
		{unitBytes, "0", 0, "0B"},
		{unitRate, "2.75GB/s", 2_750_000_000, "2750MB/s"},
		{unitRate, "100GB/s", 100_000_000_000, "100GB/s"},
		{unitDuration, "72h", 72 * 3600 * 1e9, "72h"},
		{unitDuration, "1h30m", 5400 * 1e9, "1h30m"},
		{unitDuration, "250 ms", 250 * 1e6, "250ms"},
		{unitDuration, "60us", 60_000, "60us"},
		{unitPercent, "80 %", 80, "80%"},
		{"count", "12", 12, "12"},
	} {
		got, err := quantity(c.text, c.unit)
		if err != nil || got != c.want || formatQuantity(got, c.unit) != c.back {
			t.Errorf("%s %q: %d %v, written as %s, want %d and %s", c.unit, c.text, got, err, formatQuantity(got, c.unit), c.want, c.back)
		}
	}
	for _, c := range []struct{ unit, text string }{
		{unitBytes, "1e3MB"}, {unitBytes, "1,000MB"}, {unitBytes, "64M"}, {unitBytes, "64mb"}, {unitBytes, "64"}, {unitBytes, ""},
		{unitBytes, "99999999PB"}, {unitBytes, "+1MB"}, {unitRate, "1GB"}, {unitDuration, "4"}, {unitDuration, "4 seconds"},
		{unitDuration, "-4s"}, {unitPercent, "80"}, {unitPercent, "8.5%"}, {"count", "012"}, {"count", "0x10"}, {"count", "1_000"},
	} {
		if got, err := quantity(c.text, c.unit); err == nil {
			t.Errorf("%s %q is read as %d", c.unit, c.text, got)
		}
	}
}

func TestTooLarge(t *testing.T) {
	_, err := Parse("large.yaml", bytes.Repeat([]byte("# x\n"), MaxFileBytes/4+1), nil)
	if e, ok := err.(*Error); !ok || e.Message != "the file is larger than 1MiB" {
		t.Errorf("got %v", err)
	}
}
