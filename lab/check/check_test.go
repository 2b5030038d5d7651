package check

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// two has two cases, two tools, a policy with a battery and two events.
const two = `
title: for the tests of assertions
box: small-4x4gb-raid5
hosts: [kext, dext]
policies: [write-through, wb-protected, wb-age-4s]
events: [box-power, box-power/73h, restart]
cases:
  - name: one
    steps:
      - run: dd if=/dev/random of=/dev/disk5 bs=1m count=1
      - run: sync
      - event: each
      - run: diskutil info disk5
  - name: two, "quoted"
    steps:
      - run: dd if=/dev/random of=/dev/disk5 bs=1m count=2
      - event: box-power
`

func scenario(t testing.TB) *configs.Scenario {
	t.Helper()
	s, err := configs.Parse("two.yaml", []byte(two), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, texts ...string) (*Plan, error) {
	t.Helper()
	var all []configs.Assert
	for _, text := range texts {
		all = append(all, configs.NewAssert("--assert", text))
	}
	return Read(scenario(t), all)
}

// Each fault is shown at its place, with what would work.
func TestRead_Faults(t *testing.T) {
	tests := []struct {
		text   string
		column int
		want   string // of the message
		hint   string
	}{
		{"", 1, "begins with a metric", Default[:4]},
		{"  ", 3, "begins with a metric", "as in"},
		{"(dd,*) == 0", 1, "begins with a metric", "as in"},
		{"losd(dd,*) == 0", 1, `there is no metric "losd"`, `did you mean "lost"?`},
		{"zzz(dd,*) == 0", 1, `there is no metric "zzz"`, "known are lost, "},
		{"lost", 5, "in parentheses", "lost(dd,*)"},
		{"lost == 0", 6, "in parentheses", "lost(dd,*)"},
		{"lost() == 0", 6, "a name is missing", "* is any"},
		{"lost(dd) == 0", 8, "one is missing", "* is any"},
		{"lost(host=kext) == 0", 15, "one is missing", "* is any"},
		{"lost(dd,) == 0", 9, "a name is missing", "* is any"},
		{"lost(dd,*", 10, "do not end", "put a comma or )"},
		{`lost("dd,*) == 0`, 6, "the quote does not end", "put a \""},
		{`lost(d"d",*) == 0`, 7, "do not end", "stands in quotes"},
		{"lost(dd,*,kext) == 0", 11, `"kext" is one more`, "case=, host=, event="},
		{"lost(dd,*,hots=kext) == 0", 11, `"hots" is nothing`, `did you mean "host"?`},
		{"lost(dd,*,host=kext,host=dext) == 0", 21, "host= is given twice", "keep one"},
		{"lost(dd,host=kext,*) == 0", 19, "behind host=", "first"},
		{"lost(dd,*)", 11, "the comparison is missing", "== 0"},
		{"lost(dd,*) = 0", 12, "a comparison is expected", `did you mean "=="?`},
		{"lost(dd,*) is 0", 12, "a comparison is expected", "operators are == != <= >= < >"},
		{"lost(dd,*) ==", 14, "nothing to compare with", "such as 256KiB"},
		{"lost(dd,*) == 16", 15, `"16" has no unit`, "such as 256KiB"},
		{"lost(dd,*) == 16M", 15, `"M" is no unit`, "such as 256KiB"},
		{"lost(dd,*) < 20ms", 14, `"ms" is no unit`, "such as 256KiB"},
		{"exposed(dd,*) < 20MiB", 17, `"20MiB" is no duration`, "such as 60us"},
		{"shorn(dd,*) < 20MiB", 15, "is no whole number", "such as 12"},
		{"lost(dd,*) >= -1B", 15, "-1B is negative", "lost takes"},
		{"shorn(dd,*) < 9223372036854775808", 15, "is too large", "shorn takes"},
		{"lost(dd,*) == 0 and more", 15, `"0 and more" is no size`, "lost takes"},
		{"lost(dx,*) == 0", 6, `has no tool or case "dx"`, `did you mean "dd"?`},
		{"lost(diskutil,*) == 0", 6, `no tool or case "diskutil"`, "known are dd, sync, one"}, // it runs after the event
		{"lost(x*,*) == 0", 6, `"x*" matches no tool or case`, "known are dd"},
		{"lost(dd, wb-protectd) == 0", 10, `has no policy "wb-protectd"`, `did you mean "wb-protected"?`},
		{"lost(dd,wb-flush-all) == 0", 9, `has no policy "wb-flush-all"`, "known are write-through"},
		{"lost(dd,wx-*) == 0", 9, `"wx-*" matches no policy`, "known are"},
		{"lost(dd,*,host=kxt) == 0", 16, `has no host "kxt"`, `did you mean "kext"?`},
		{"lost(dd,*,event=cable) == 0", 17, `has no event "cable"`, "known are box-power, box-power/73h, restart"},
		{"lost(dd,*,case=three) == 0", 16, `has no case "three"`, "known are one"},
		{"lost(one,*,case=two*) == 0", 6, "selects no run", "no run has them all"},
		{"exit(sync,*,case=two*) == 0", 6, "selects no run", "no run has them all"},
	}
	for _, tt := range tests {
		_, err := read(t, tt.text)
		var fault *configs.Error
		if !errors.As(err, &fault) {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if fault.File != "--assert" || fault.Line != 1 || fault.Column != tt.column || fault.Source != tt.text ||
			!strings.Contains(fault.Message, tt.want) || !strings.Contains(fault.Hint, tt.hint) {
			t.Errorf("%q: column %d, want %d\n%v\nwant %q and %q", tt.text, fault.Column, tt.column, err, tt.want, tt.hint)
		}
	}
}

// What an assertion selects, by case, policy and number of values.
func TestRead_Selects(t *testing.T) {
	tests := []struct {
		text string
		runs int
	}{
		{"lost(*,*) == 0", 2*3*3 + 2*3}, // one has three events, two has one
		{"lost(dd,*) == 0", 24},         // both cases run dd
		{"lost(sync,*)==0", 18},
		{"lost(one,*) == 0", 18},
		{`lost('two, "quoted"',*) == 0`, 6},
		{`lost("two*",*) == 0`, 6},
		{`lost(t?o*,*) == 0`, 6},
		{"lost(*,wb-*) == 0", 16},
		{"\tlost ( * , write-through , host = dext ) == 0 ", 4},
		{"lost(*,*,event=box-power) == 0", 12},
		{"lost(*,*,event=box-power*) == 0", 18},
		{"lost(*,*,event=restart,host=kext,case=one) == 0", 3},
	}
	for _, tt := range tests {
		p, err := read(t, tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		n := 0
		for _, r := range lab.Planned(p.scenario) {
			if p.selects(p.assertions[0], &r) {
				n++
			}
		}
		if n != tt.runs {
			t.Errorf("%q selects %d runs, want %d", tt.text, n, tt.runs)
		}
	}
}

// A value on the limit, and one on either side, for each operator.
func TestOperators(t *testing.T) {
	const limit = 10
	for o, want := range map[operator][3]bool{
		"==": {false, true, false}, "!=": {true, false, true}, "<": {true, false, false},
		"<=": {true, true, false}, ">": {false, false, true}, ">=": {false, true, true},
	} {
		a := assertion{metric: &metrics[0], op: o, limit: limit}
		for i, value := range []int64{limit - 1, limit, limit + 1} {
			j := lab.Assertion{Passed: true, Checked: []lab.Checked{{Value: value}}}
			if a.decide(&j); j.Passed != want[i] || j.Checked[0].Passed != want[i] || j.Value != value {
				t.Errorf("%d %s %d: %+v", value, o, limit, j)
			}
		}
	}
	if !slices.Equal(operators, []operator{"==", "!=", "<=", ">=", "<", ">"}) {
		t.Error("operators changed: this test has to know them")
	}
}

// The value that is told is the one that decides.
func TestDecide(t *testing.T) {
	tests := []struct {
		op     operator
		values []int64
		want   int64
	}{
		{"<", []int64{3, 12, 11}, 12}, {"<=", []int64{3, 4}, 4}, {">", []int64{30, 12, 14}, 12}, {">=", []int64{3, 12}, 3},
		{"==", []int64{10, 7, 12}, 7}, {"==", []int64{10, 10}, 10}, {"!=", []int64{3, 10, 12}, 10}, {"!=", []int64{3, 12}, 12},
	}
	for _, tt := range tests {
		a := assertion{metric: &metrics[0], op: tt.op, limit: 10}
		j := lab.Assertion{Passed: true}
		for _, v := range tt.values {
			j.Checked = append(j.Checked, lab.Checked{Value: v})
		}
		if a.decide(&j); j.Value != tt.want {
			t.Errorf("%s 10 of %v tells %d, want %d", tt.op, tt.values, j.Value, tt.want)
		}
	}
	a := assertion{metric: &metrics[0], op: "==", limit: 0}
	j := lab.Assertion{Passed: true, Checked: []lab.Checked{{Missing: true}}}
	if a.decide(&j); j.Passed {
		t.Error("an assertion about nothing passes")
	}
}

// glob against regular expressions, over all short texts of two letters.
func TestGlob(t *testing.T) {
	texts := []string{""}
	for from := 0; len(texts[from]) < 5; from++ {
		for _, c := range "ab*?" {
			texts = append(texts, texts[from]+string(c))
		}
	}
	for _, text := range texts {
		re := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(text) + "$")
		for _, name := range texts {
			if strings.ContainsAny(name, "*?") {
				continue
			}
			if got, want := (pattern{text: text}).matches(name), re.MatchString(name); got != want {
				t.Fatalf("%q matches %q: %v, want %v", text, name, got, want)
			}
		}
	}
	if !(pattern{text: "備?說*"}).matches("備份說明.txt") {
		t.Error("? is a character, not a byte")
	}
}

// Metrics are documented, and each is of one thing.
func TestMetrics(t *testing.T) {
	for _, m := range metrics {
		of := 0
		for _, is := range []bool{m.ofRun != nil, m.ofStep != nil, m.ofTool != nil, m.ofExposure != nil} {
			if is {
				of++
			}
		}
		p := &parser{rest: m.name}
		if of != 1 || m.doc == "" || m.unit == "" || p.word() != m.name {
			t.Errorf("%+v", m)
		}
		if _, err := configs.ParseQuantity("0", m.unit); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if !slices.Contains([]string{"bytes", "ns", "Bps", "count"}, m.resultUnit()) {
			t.Errorf("%s: unit %s", m.name, m.resultUnit())
		}
	}
}

// Whatever is typed is read or shown to be at fault, in the text itself.
func FuzzRead(f *testing.F) {
	for _, text := range []string{Default, "worst(*,wb-age-4s) <= 16MiB", `exit("two*",'*',host=kext) != 0`, "lost(dd,*", "\"備", "exposed(*,?) > 1h2m3s"} {
		f.Add(text)
	}
	s := scenario(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Read(s, []configs.Assert{configs.NewAssert("--assert", text)})
		if err == nil {
			if len(p.assertions) != 1 || p.assertions[0].metric == nil || p.assertions[0].op == "" || p.assertions[0].limit < 0 {
				t.Errorf("%q: %+v", text, p.assertions)
			}
			return
		}
		var fault *configs.Error
		if !errors.As(err, &fault) || fault.Message == "" || fault.Line != 1 || fault.Column < 1 ||
			fault.Column > len([]rune(text))+1 || !strings.Contains(err.Error(), "^") {
			t.Errorf("%q: %v", text, err)
		}
	})
}
