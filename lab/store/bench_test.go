package store

import "testing"

// questions are of all kinds: a point, an interval, a rare word, a common one, none
// at all, in every order.
var questions = []struct{ name, text, sort string }{
	{"violations", "class=violation cause=driver-swallowed lba>=4294967296", "age"},
	{"point", "lba=4295076304", ""},
	{"interval", "lba=2TiB..2049GiB", "-age"},
	{"file", "file=/Volumes/RAID/f017", "lba"},
	{"time", "acked=1s..1100ms", "acked"},
	{"class", "class=violation", "-bytes,lba"},
	{"words", "file=*7 policy=wb-age-4s,wb-flush-* reads!=zeros", "file,-age"},
	{"all", "", ""},
	{"all by age", "", "-age"},
}

// A result with a million lost extents answers in less than 100 ms.
func BenchmarkFind(b *testing.B) {
	v := load(b, million(1e6))
	for _, q := range questions {
		b.Run(q.name, func(b *testing.B) {
			var a *Answer
			for b.Loop() {
				a = ask(b, v, "extents", q.text, q.sort, 50)
			}
			b.ReportMetric(float64(a.Matched), "rows")
		})
	}
}

// What it costs to load one.
func BenchmarkLoad(b *testing.B) {
	r := million(1e6)
	for b.Loop() {
		load(b, r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/extent")
}
