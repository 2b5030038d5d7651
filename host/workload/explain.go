package workload

import (
	"fmt"
	"strings"
)

// Word is one word of a command line, or one value of a comma-separated list in
// it, and what it does on macOS.
type Word struct {
	Number  int      `json:"number"`         // of the word in the line, from 1; values of one list share it
	Text    string   `json:"text"`           // the word without its quotes
	Part    string   `json:"part,omitempty"` // the value of the list, or the flag among several, that this is about
	Says    string   `json:"says"`
	Shapes  bool     `json:"shapes_commands"`         // it changes which READs and WRITEs reach the box, their sizes or their order
	Flushes bool     `json:"sends_synchronize_cache"` // it makes the operating system send SYNCHRONIZE CACHE
	Sources []string `json:"sources"`
}

// Limits is what a host lets through at once: the numbers that Explain puts into
// its sentences.
type Limits struct {
	Host         string
	PageBytes    uint64 // of the buffered device node
	AsyncWrites  int    // page WRITEs of a device node under way
	RawBytes     uint64 // largest READ or WRITE of the raw node
	ClusterBytes uint64 // largest READ or WRITE of a file on a volume
}

// Explain says of each word of a command line what it does, in the order of the
// words, for one or more hosts. Its errors are those of Parse.
func Explain(line string, hosts []Limits) ([]Word, error) {
	t, err := Parse(line)
	if err != nil {
		return nil, err
	}
	words, err := split(line)
	if err != nil {
		return nil, err
	}
	e := &explainer{words: words, numbers: numbersOf(hosts), hosts: hosts}
	if e.words[0].text == "sudo" {
		e.add(0, "", "sudo")
		e.first = 1
	}
	switch t.Kind {
	case DD:
		e.dd()
	case CP:
		e.cp()
	case Diskutil:
		e.diskutil()
	case Sync:
		e.add(e.first, "", "sync")
	}
	return e.out, nil
}

// explainer goes through the words of a line that Parse has accepted.
type explainer struct {
	words   []word
	first   int // the word that names the tool
	hosts   []Limits
	numbers *strings.Replacer
	out     []Word
}

// add says of word i what the text of that key says. A key without a text is a
// hole in the tables, which a test looks for.
func (e *explainer) add(i int, part, key string) {
	x, ok := saying(key)
	if !ok {
		panic(fmt.Sprintf("workload: nothing is said of %q", key))
	}
	e.out = append(e.out, Word{Number: i + 1, Text: e.words[i].text, Part: part, Says: e.numbers.Replace(x.says),
		Shapes: x.effect == shapes, Flushes: x.effect == flushes, Sources: x.sources})
}

// args calls do for each word behind the tool's name.
func (e *explainer) args(do func(i int, text string)) {
	for i := e.first + 1; i < len(e.words); i++ {
		do(i, e.words[i].text)
	}
}

// place is where a path leads, as the keys of the texts name it.
func place(path string) string {
	n, node := ParseNode(path)
	switch {
	case path == "/dev/null":
		return "null"
	case endless(path):
		return "endless"
	case node && n.Raw && strings.HasPrefix(path, "/dev/"):
		return "raw"
	case node && strings.HasPrefix(path, "/dev/"):
		return "buffered"
	case strings.HasPrefix(path, "/Volumes/"):
		return "volume"
	}
	return "file"
}

// places are the ends of a transfer, onBox those that lead to the box.
const (
	inPlaces  = "null endless raw buffered volume file"
	outPlaces = "null raw buffered volume file"
	onBox     = "raw buffered volume"
)

// numbersOf fills the numbers of the hosts into the texts.
func numbersOf(hosts []Limits) *strings.Replacer {
	of := func(text func(Limits) string) string {
		if len(hosts) == 0 {
			return "?"
		}
		var each []string
		same := true
		for _, h := range hosts {
			each = append(each, text(h)+" under "+h.Host)
			same = same && text(h) == text(hosts[0])
		}
		if same {
			return text(hosts[0])
		}
		return strings.Join(each, ", ")
	}
	return strings.NewReplacer(
		"{page}", of(func(l Limits) string { return binaryBytes(l.PageBytes) }),
		"{async}", of(func(l Limits) string { return fmt.Sprint(l.AsyncWrites) }),
		"{raw}", of(func(l Limits) string { return binaryBytes(l.RawBytes) }),
		"{cluster}", of(func(l Limits) string { return binaryBytes(l.ClusterBytes) }),
	)
}

// binaryBytes is a size in the largest of MiB, KiB and B that leaves it whole.
func binaryBytes(n uint64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
