package report

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/sim/ledger"
)

// taiwan is a scenario in which cases are named after files with names in Chinese
// characters, which take two cells each.
var taiwan = sync.OnceValue(func() *lab.Result {
	return mustSimulate(`
name: taiwan
title: 備份說明.txt and 影片 with dd, cp and a volume, then the power goes
box: small-4x4gb-raid5
hosts: [kext, dext]
policies: [wb-ack-only, wb-flush-all, wb-learning, write-through, wb-age-4s]
events: [box-power, restart:kext]
files:
  - {path: /Users/user/影片/備份說明.txt, size: 2MiB}
  - {path: /Users/user/影片/剪輯-*.mov, size: 1MiB, count: 2}
cases:
  - name: dd 備份說明.txt
    steps:
      - prefill: {extent: 0+32MiB, with: pattern}
      - run: dd if=/Users/user/影片/備份說明.txt of=/dev/disk5 bs=1m
      - wait: 250ms
      - event: each
  - name: cp 影片
    volumes: [{mount: /Volumes/備份, fs: hfs+, label: 備份, start: 409640}]
    steps:
      - run: cp -R /Users/user/影片 /Volumes/備份/
      - wait: 6s
      - event: each
      - run: cp -R /Volumes/備份/影片 /tmp/readback
  - name: partitionDisk 硬碟
    steps:
      - run: diskutil partitionDisk disk5 GPT JHFS+ 硬碟 100%
      - event: each
`)
})

func mustSimulate(text string) *lab.Result {
	s, err := configs.Parse("test.yaml", []byte(text), nil)
	if err != nil {
		panic(err)
	}
	s.File = ""
	r, err := lab.Simulate(s, lab.Options{Sweep: true, Changes: true})
	if err != nil {
		panic(err)
	}
	return r
}

// The main report as it comes out: on a terminal, in a pipe or with NO_COLOR, which
// print the same, at three widths, with words and with glyphs.
func TestMain_Golden(t *testing.T) {
	for _, width := range []int{80, 100, 140} {
		golden(t, fmt.Sprintf("main-%d-terminal.txt", width), render(t, taiwan(), Options{Width: width, Color: true}))
		golden(t, fmt.Sprintf("main-%d-pipe.txt", width), render(t, taiwan(), Options{Width: width}))
		golden(t, fmt.Sprintf("main-%d-ascii.txt", width), render(t, taiwan(), Options{Width: width, ASCII: true}))
	}
	golden(t, "main-60-pipe.txt", render(t, taiwan(), Options{Width: 60}))
	golden(t, "main-plain.txt", render(t, taiwan(), Options{Width: 100, Plain: true}))
	golden(t, "main-verbose.txt", render(t, taiwan(), Options{Width: 140, Verbose: true}))
}

// No line of a table or sentence is wider than the page. Commands to type are not
// broken, and no word is.
func TestMain_FitsThePage(t *testing.T) {
	for _, r := range []*lab.Result{taiwan(), forum()} {
		for _, width := range []int{60, 80, 100, 140} {
			for _, o := range []Options{{Width: width}, {Width: width, ASCII: true}, {Width: width, Plain: true}, {Width: width, Verbose: true}} {
				for _, line := range strings.Split(string(render(t, r, o)), "\n") {
					typed := strings.Contains(line, "tbraid ") || strings.HasPrefix(line, "next")
					if width == 60 && o.Verbose {
						break // its tables need more
					}
					if cells(line) > width && !typed && strings.Contains(strings.TrimSpace(line), " ") {
						t.Errorf("%d columns: %d in %q", width, cells(line), line)
					}
				}
			}
		}
	}
}

// Under each head stands its column, whatever the width of the letters above it.
func TestMain_ColumnsStandInLine(t *testing.T) {
	text := string(render(t, taiwan(), Options{Width: 140}))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "host  policy") {
			continue
		}
		at := cells(line[:strings.Index(line, "cp 影片")])
		for _, row := range lines[i+2:] {
			if row == "" {
				break
			}
			if isRule(row) {
				continue
			}
			before, n := "", 0
			for _, r := range row {
				if n = cells(before); n >= at {
					break
				}
				before += string(r)
			}
			if n != at || !strings.HasSuffix(before, "  ") || strings.HasPrefix(row[len(before):], " ") {
				t.Errorf("column of cp begins elsewhere in %q", row)
			}
		}
	}
}

// In each table what loses less stands above what loses more, and in each list of
// changes nothing that loses stands above what keeps everything.
func TestMain_SafeFirst(t *testing.T) {
	for _, r := range []*lab.Result{taiwan(), forum()} {
		for _, event := range events(r) {
			g := newGrid(r, event)
			var broken, gone uint64
			for i, pol := range g.pols {
				var b, l uint64
				for k := range r.Runs {
					if run := &r.Runs[k]; run.Event == event && run.Policy == pol {
						b, l = b+run.Loss.Violation, l+run.Loss.Acknowledged()+run.Swallowed
					}
				}
				if i > 0 && (b < broken || b == broken && l < gone) {
					t.Errorf("%s: %s loses less than the one above it", event, pol)
				}
				broken, gone = b, l
			}
		}
		for i := range r.Changes {
			p := &printer{o: Options{Width: 140}}
			lost := false
			for _, line := range p.changeTable(&r.Changes[i])[4:] {
				safe := strings.HasPrefix(line, "● ") && !strings.Contains(line, "✕") && !strings.Contains(line, "‼")
				if safe && lost {
					t.Errorf("a change that keeps everything below one that does not: %q", line)
				}
				lost = lost || !safe && !strings.HasPrefix(line, " ")
			}
		}
	}
}

var jargon = regexp.MustCompile(`SYNCHRONIZE|SCSI|FUA|LBA|CDB|WRITE|READ|GOOD|MODE SENSE|WCE|destage|firmware|volatile|stripe|acknowledge`)

// Plain words have none that only those know who know SCSI.
func TestPlain_HasNoJargon(t *testing.T) {
	for _, r := range []*lab.Result{taiwan(), forum()} {
		for _, line := range strings.Split(string(render(t, r, Options{Plain: true})), "\n") {
			if strings.HasPrefix(line, "next") {
				break // commands
			}
			for _, name := range r.Policies {
				line = strings.ReplaceAll(line, name.Name, "")
			}
			if word := jargon.FindString(line); word != "" {
				t.Errorf("%q in %q", word, line)
			}
		}
	}
	for _, c := range ledger.Causes() {
		o := Options{Plain: true}
		text := o.causeText(&lab.Cause{Name: c.String(), Text: c.Text()})
		if word := jargon.FindString(text); text == "" || word != "" {
			t.Errorf("%s: %q in plain words is %q", c, word, text)
		}
	}
}

// A table shows seven policies: of those that fare alike the fastest, and of what is
// left the best and the worst. What it leaves out it names.
func TestFold(t *testing.T) {
	r := &lab.Result{}
	add := func(policy string, lost, rate uint64) {
		r.Runs = append(r.Runs, lab.Run{Case: "dd", Host: "kext", Policy: policy, Acked: 100 << 20, Loss: lab.Loss{Permitted: lost << 20}, Rate: rate * 1e6})
	}
	add("slow", 0, 10)
	add("fast", 0, 600)
	for i := uint64(1); i <= 8; i++ {
		add(fmt.Sprintf("loses-%d", i), i, 100*i)
	}
	text := string(render(t, r, Options{}))
	var shown []string
	for _, line := range strings.Split(text, "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "kext" {
			shown = append(shown, f[1])
		}
	}
	if got := strings.Join(shown, " "); got != "fast loses-1 loses-2 loses-5 loses-6 loses-7 loses-8" {
		t.Errorf("shown: %s", got)
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"slow, which fares as fast and is no faster", "loses-3 and loses-4, between those above", "-v shows every policy"} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is not said", want)
		}
	}
	all, _, _ := strings.Cut(string(render(t, r, Options{Verbose: true})), "USAGE")
	if strings.Count(all, "kext  ") != 10 || strings.Contains(all, "between those") {
		t.Errorf("-v leaves something out:\n%s", all)
	}
	few := &lab.Result{Runs: r.Runs[:7]}
	if text := string(render(t, few, Options{})); strings.Contains(text, "not shown") {
		t.Errorf("seven policies are all shown:\n%s", text)
	}
}

// The table gives up columns in the stated order and says which.
func TestMain_StatedOrder(t *testing.T) {
	one := &lab.Result{Runs: []lab.Run{{Case: "a case with a very long name", Host: "kext", Policy: "write-through", Rate: 5e8,
		Tools:    []lab.Tool{{Latency: lab.Latency{Count: 1, P99: 1e6}}},
		Exposure: &lab.Exposure{Worst: 1 << 20, ExposedNS: 1e6, SweptNS: 1e9}}}}
	for _, c := range []struct {
		width int
		gone  string
	}{{85, ""}, {75, "exposed"}, {70, "worst and exposed"}, {62, "p99, worst and exposed"}, {50, "MB/s, p99, worst and exposed"}} {
		text := string(render(t, one, Options{Width: c.width, Verbose: true}))
		_, said, _ := strings.Cut(text, "not shown ")
		said, _, _ = strings.Cut(said, ": no room")
		if strings.Contains(text, "SPEED") {
			table, _, _ := strings.Cut(text, "SPEED")
			_, said, _ = strings.Cut(table, "not shown ")
			said, _, _ = strings.Cut(said, ": no room")
		}
		if said != c.gone {
			t.Errorf("%d columns: %q goes, want %q", c.width, said, c.gone)
		}
	}
}

func TestPrices(t *testing.T) {
	for _, c := range []struct {
		before, now uint64
		speed, time string
	}{
		{1000, 1000, "=", "="},
		{1000, 1004, "=", "="},
		{1000, 930, "-7%", "-7%"},
		{1000, 1500, "+50%", "+50%"},
		{1000, 500, "1/2.0", "-50%"},
		{655, 9, "1/73", "-99%"},
		{375, 42500, "x113", "x113"},
		{0, 5, "", ""},
		{5, 0, "", ""},
	} {
		if got := slower(c.before, c.now); got != c.speed {
			t.Errorf("%d to %d: speed %q, want %q", c.before, c.now, got, c.speed)
		}
		if got := longer(int64(c.before), int64(c.now)); got != c.time {
			t.Errorf("%d to %d: time %q, want %q", c.before, c.now, got, c.time)
		}
	}
}

func TestTook(t *testing.T) {
	for ns, want := range map[int64]string{0: "0", 7: "7 ns", 999: "999 ns", 1000: "1.00 µs", 9994: "9.99 µs", 9996: "10.0 µs", 375039: "375 µs",
		999_499: "999 µs", 999_500: "1.00 ms", 42_467_327: "42.5 ms", 999_600_000: "1.00 s", 73 * 1e9: "73.0 s"} {
		if got := (Options{}).took(ns); got != want {
			t.Errorf("%d: %q, want %q", ns, got, want)
		}
	}
	if got := (Options{ASCII: true}).took(1000); got != "1.00 us" {
		t.Errorf("ASCII: %q", got)
	}
}
