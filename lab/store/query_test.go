package store

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tbraid/configs"
)

// Every wrong question gives one error that shows the place and says what would work.
func TestParse_Faults(t *testing.T) {
	tests := []struct {
		text   string
		column int
		want   string
	}{
		{"clas=violation", 1, `did you mean "class"?`},
		{"and class=violation", 1, `lost extents have no column "and"`},
		{"=5", 1, "a condition begins with a name"},
		{"class", 6, "class is not compared with anything"},
		{"class violation", 7, "compare it with one of"},
		{"class<violation", 6, "words take = and !="},
		{"class=", 7, "a value is missing"},
		{"class=a,", 9, "a value is missing"},
		{"class==violation", 7, "one = is enough"},
		{`file="a b`, 6, "the quote is not closed"},
		{`file="a"b`, 9, "a condition has ended here"},
		{"lba!=5", 4, "one interval of blocks"},
		{"lba=5k", 5, "lba takes a block, such as 4294967296, or where it begins"},
		{"lba>=1000B", 6, "no whole number of blocks"},
		{"lba>=-1", 6, "-1 is negative"},
		{"lba=1,2", 6, "a condition has ended here"},
		{"lba>1..2", 5, "a range goes with = and !="},
		{"lba=7..5", 5, "the lower end first"},
		{"lba=..5", 5, "no whole number"},
		{"lba=5..", 8, "no whole number"},
		{"bytes>5", 7, `"5" has no unit`},
		{"bytes>5M", 7, `"M" is no unit`},
		{"age<5", 5, "age takes a duration with its unit"},
		{"  檔案=5", 3, `no column "檔案"`},
		{`file="檔案" clas=x`, 11, `did you mean "class"?`},
	}
	for _, tt := range tests {
		_, err := Parse(Tables()[0], tt.text)
		var fault *configs.Error
		if !errors.As(err, &fault) || fault.Column != tt.column || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.text, err)
		}
	}
}

// A word that cannot be is an error and no answer of no rows.
func TestFind_Faults(t *testing.T) {
	v := load(t, small(1, 3))
	tests := []struct {
		text   string
		column int
		want   string
	}{
		{"class=violatoin", 7, `there is no class "violatoin"`},
		{"class=violation,permitted", 17, "known are in-flight, permitted-loss"},
		{"cause=never", 7, `there is no cause "never"`},
		{"reads=zero", 7, `did you mean "zeros"?`},
		{"layer=disks", 7, "known are program"},
		{"policy=wb-9", 8, `did you mean "wb-`},
		{"policy=wb-*,wt-*", 13, `there is no policy "wt-*"`},
		{"host=kxt", 6, `there is no host "kxt"`},
		{"tool=dc", 6, `did you mean "dd"?`},
		{"event!=cable", 8, `there is no event "cable"`},
	}
	for _, tt := range tests {
		q, err := Parse(Tables()[0], tt.text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Find(q)
		var fault *configs.Error
		if !errors.As(err, &fault) || fault.Column != tt.column || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.text, err)
		}
	}
	for _, text := range []string{`file=/none`, `control=""`, "class!=collateral", "cause=dropped-*"} { // these can be
		if q, err := Parse(Tables()[0], text); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if _, err := v.Find(q); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSortAndShow_Faults(t *testing.T) {
	for _, tt := range []struct {
		text   string
		column int
	}{{"agee", 1}, {"lba,-agee", 6}, {"", 1}, {"lba,", 5}, {"檔,age", 1}} {
		for _, list := range []func(q *Query, argument, text string) error{(*Query).Sort, (*Query).Show} {
			q, _ := Parse(Tables()[0], "")
			var fault *configs.Error
			if err := list(q, "--sort", tt.text); !errors.As(err, &fault) || fault.File != "--sort" {
				t.Errorf("%s: %v", tt.text, err)
			}
		}
		q, _ := Parse(Tables()[0], "")
		var fault *configs.Error
		if err := q.Sort("--sort", tt.text); !errors.As(err, &fault) || fault.Column != tt.column {
			t.Errorf("%s: %v", tt.text, err)
		}
	}
}

// What a value means.
func TestParse_Values(t *testing.T) {
	tests := []struct {
		text      string
		low, high int64
	}{
		{"lba=2TiB", 1 << 32, 1 << 32},
		{"lba=4294967296", 1 << 32, 1 << 32},
		{"lba = 0..4KiB", 0, 8},
		{"bytes=1MiB", 1 << 20, 1 << 20},
		{"bytes=1MB..2MB", 1e6, 2e6},
		{"age=250ms", 25e7, 25e7},
		{"age=0..1h", 0, 3600e9},
		{"blocks=12", 12, 12},
	}
	for _, tt := range tests {
		q, err := Parse(Tables()[0], tt.text)
		if err != nil || len(q.terms) != 1 || q.terms[0].low != tt.low || q.terms[0].high != tt.high {
			t.Errorf("%s: %+v, %v", tt.text, q, err)
		}
	}
	q, err := Parse(Tables()[0], `case='a "b"',"it's" reads!=old,zeros	age<5s`)
	if err != nil || len(q.terms) != 3 || q.terms[0].words[0].word != `a "b"` || q.terms[0].words[1].word != "it's" || !q.terms[1].not {
		t.Errorf("%+v, %v", q, err)
	}
	rate, err := Parse(Tables()[1], "rate<=100MB/s")
	if err != nil || rate.terms[0].high != 1e8 {
		t.Errorf("%+v, %v", rate, err)
	}
}

// Is writes what Parse reads.
func TestIs(t *testing.T) {
	words := []string{"plain", "two words", `a "b"`, "it's", "a,b", "備份", ""}
	q, err := Parse(Tables()[0], Is("file", words...)+" lba=1")
	if err != nil || len(q.terms) != 2 {
		t.Fatal(err)
	}
	for i, w := range words {
		if q.terms[0].words[i].word != w {
			t.Errorf("%q became %q", w, q.terms[0].words[i].word)
		}
	}
}

func TestAlternative(t *testing.T) {
	for _, tt := range []struct {
		pattern, yes, no string
	}{
		{"wb-*", "wb-age-4s wb-", "wb xwb-a"},
		{"*-4s", "wb-age-4s -4s", "4s wb-4s-"},
		{"*a*b*", "ab xaxbx", "ba a"},
		{"a*a", "aa axa", "a"},
		{"a*b*c", "abc axbxc abbc", "acb abxcx"},
		{"*", "a ", ""},
		{"a", "a", "aa b"},
	} {
		a := newAlternative(tt.pattern)
		for _, w := range strings.Split(tt.yes, " ") {
			if !a.meets(w) {
				t.Errorf("%s does not meet %q", tt.pattern, w)
			}
		}
		for _, w := range strings.Fields(tt.no) {
			if a.meets(w) {
				t.Errorf("%s meets %q", tt.pattern, w)
			}
		}
	}
}

// Whatever is typed is a question or a *configs.Error whose place is in it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"class=violation cause=driver-swallowed lba>=4294967296", `file="a b",'c' age!=0..5s`, "lba=..", "=", "\x00", "policy=wb-*,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, table := range Tables() {
			q, err := Parse(table, text)
			var fault *configs.Error
			switch {
			case err == nil && q == nil:
				t.Fatal("neither question nor error")
			case err != nil && (!errors.As(err, &fault) || fault.Column < 1 || fault.Column > len([]rune(fault.Source))+1):
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

// Every column has words about it, a key of its own, and is known where the table
// shows it.
func TestTables(t *testing.T) {
	for _, table := range Tables() {
		var keys []string
		for _, c := range table.Columns {
			if c.About == "" || c.Key == "" || strings.ContainsAny(c.Name, " =!<>\"',") || slices.Contains(keys, c.Key) {
				t.Errorf("%s: %+v", table.Name, c)
			}
			keys = append(keys, c.Key)
		}
		for _, name := range table.shown {
			if table.column(name) < 0 {
				t.Errorf("%s shows %s and has no such column", table.Name, name)
			}
		}
	}
}
