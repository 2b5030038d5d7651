package trace

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
)

func TestMQSim(t *testing.T) {
	got, err := MQSim("x", "10 0 657728 16 1\r\n10 3 8 1 0\n25 1 0 64 1")
	want := []Record{
		{At: 10, Extent: block.Extent{Start: 657728, Blocks: 16}},
		{At: 10, Device: 3, Extent: block.Extent{Start: 8, Blocks: 1}, Write: true},
		{At: 25, Device: 1, Extent: block.Extent{Blocks: 64}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || err != nil {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func TestMQSim_Strict(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		why        error
	}{
		{"nothing", "", 0, ErrEmpty},
		{"empty line", "1 0 8 8 1\n\n2 0 8 8 1\n", 2, ErrFields},
		{"only an empty line", "\n", 1, ErrFields},
		{"comment", "# time device\n", 1, ErrFields},
		{"four fields", "1 0 8 8\n", 1, ErrFields},
		{"six fields", "1 0 8 8 1 1\n", 1, ErrFields},
		{"space at the end", "1 0 8 8 1 \n", 1, ErrFields},
		{"two spaces", "1  0 8 8 1\n", 1, ErrFields},
		{"two spaces for a field", "1  8 8 1\n", 1, ErrNumber},
		{"tab", "1\t0 8 8 1\n", 1, ErrFields},
		{"comma", "1,0,8,8,1\n", 1, ErrFields},
		{"word", "1 0 8 8 R\n", 1, ErrNumber},
		{"negative", "1 0 -8 8 1\n", 1, ErrNumber},
		{"plus", "+1 0 8 8 1\n", 1, ErrNumber},
		{"hexadecimal", "0x1 0 8 8 1\n", 1, ErrNumber},
		{"fraction", "1.5 0 8 8 1\n", 1, ErrNumber},
		{"type 2", "1 0 8 8 2\n", 1, ErrNumber},
		{"no sectors", "1 0 8 0 1\n", 1, ErrNumber},
		{"sectors beyond a WRITE(16)", "1 0 8 4294967296 1\n", 1, ErrNumber},
		{"device beyond 32 bits", "1 4294967296 8 8 1\n", 1, ErrNumber},
		{"sector beyond 63 bits", "1 0 9223372036854775808 8 1\n", 1, ErrNumber},
		{"time beyond 64 bits", "18446744073709551616 0 8 8 1\n", 1, ErrNumber},
		{"backwards", "2 0 8 8 1\n3 0 8 8 1\n2 0 8 8 1\n", 3, ErrBackwards},
	}
	for _, tt := range tests {
		got, err := MQSim("x.trace", tt.text)
		var fault *Error
		if got != nil || !errors.Is(err, tt.why) || !errors.As(err, &fault) || fault.Line != tt.line || fault.File != "x.trace" {
			t.Errorf("%s: %v, %v, want line %d: %v", tt.name, got, err, tt.line, tt.why)
		}
	}
}

func TestError_SaysWhere(t *testing.T) {
	_, err := MQSim("x.trace", "1 0 8 8 1\n2 0 8 8 R\n")
	want := `trace x.trace, line 2: a field is not a number that it can be: type is 0 to 1, not "R", in "2 0 8 8 R"`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	_, err = MQSim("x.trace", strings.Repeat("9", 1000))
	if err == nil || len(err.Error()) > 250 {
		t.Errorf("a long line is not shortened: %v", err)
	}
}

func FuzzMQSim(f *testing.F) {
	f.Add("11413000 0 657728 16 1\n11565000 1 31244784 64 1")
	f.Add("1 0 8 8 2\n")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, text string) {
		records, err := MQSim("x", text)
		if (err == nil) == (len(records) == 0) {
			t.Fatalf("%d records, %v", len(records), err)
		}
		var again strings.Builder
		for _, r := range records {
			kind := 1
			if r.Write {
				kind = 0
			}
			fmt.Fprintf(&again, "%d %d %d %d %d\n", r.At, r.Device, r.Extent.Start, r.Extent.Blocks, kind)
		}
		if second, _ := MQSim("x", again.String()); fmt.Sprint(second) != fmt.Sprint(records) {
			t.Fatalf("%v was written and read as %v", records, second)
		}
	})
}

// The figures of MQSim's own trace, as awk counts them.
func TestWebSearch(t *testing.T) {
	records, err := MQSim("mqsim-wsrch-small.trace", WebSearch)
	if err != nil {
		t.Fatal(err)
	}
	writes := 0
	for _, r := range records {
		if r.Write {
			writes++
		}
	}
	last := records[len(records)-1]
	if len(records) != 24783 || writes != 4 || last.At != 60066625000 || last.Extent.Start != 34371424 {
		t.Errorf("%d requests, %d writes, the last is %+v", len(records), writes, last)
	}
}

func TestReplay(t *testing.T) {
	records := []Record{
		{At: 100, Extent: block.Extent{Start: 5, Blocks: 2}, Write: true},
		{At: 140, Extent: block.Extent{Start: 1009, Blocks: 4}}, // 9 of 10: it ends at 10
	}
	first := workload.Request{Extent: block.Extent{Start: 5, Blocks: 2}, Write: true}
	second := workload.Request{Extent: block.Extent{Start: 6, Blocks: 4}}
	later := func(r workload.Request, by time.Duration) workload.Request { r.After = by; return r }
	for _, tt := range []struct {
		pace Pace
		want []workload.Request
	}{
		{ClosedLoop, []workload.Request{first, second, first, second}},
		{OpenLoop, []workload.Request{first, later(second, 40), later(first, 60), later(second, 100)}}, // 40 long, and 20 between two
	} {
		r, err := NewReplay(records, 10, 2, tt.pace)
		if err != nil {
			t.Fatal(err)
		}
		var got []workload.Request
		for x, ok := r.Next(); ok; x, ok = r.Next() {
			got = append(got, x)
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) || r.Requests() != uint64(len(got)) {
			t.Errorf("pace %d: %v, want %v", tt.pace, got, tt.want)
		}
		if x, ok := r.Next(); ok {
			t.Errorf("%v after the end", x)
		}
	}
}

func TestNewReplay_Refuses(t *testing.T) {
	one := []Record{{Extent: block.Extent{Blocks: 8}}}
	for _, tt := range []struct {
		name    string
		records []Record
		blocks  uint64
		passes  int
	}{{"no request", nil, 8, 1}, {"no pass", one, 8, 0}, {"a node that is too small", one, 7, 1}} {
		if _, err := NewReplay(tt.records, tt.blocks, tt.passes, OpenLoop); err == nil {
			t.Errorf("%s: no error", tt.name)
		}
	}
	if _, err := NewReplay(one, 8, 1, OpenLoop); err != nil {
		t.Error(err)
	}
}
