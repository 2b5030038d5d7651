package perfetto

import (
	"bytes"
	"errors"
	"testing"
)

// A trace byte by byte, assembled by hand from the encoding of protocol buffers:
// a field is its number times 8 plus its wire type (0 varint, 1 eight bytes, 2
// bytes with their length before them).
func TestWriter_Bytes(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	run := w.Group(0, "r", 1)
	line := w.Slices(run, "s", 2)
	w.Begin(line, 300, &Event{Name: "W", Category: "c", Flows: []uint64{7}, Notes: []Note{{Name: "n", Number: 5}, {Name: "t", Text: "x"}}})
	w.End(line, 301)
	level := w.Counter(run, "d", 3)
	w.Count(level, 302, 200)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := [][]byte{
		// Packet: sequence 1, flags 1; descriptor 60: uuid 1, name "r", rank 1, children by rank.
		{1<<3 | 2, 16, 80, 1, 104, 1, 0xe2, 3, 9, 8, 1, 18, 1, 'r', 96, 1, 88, 3},
		// uuid 2, name "s", parent 1, rank 2.
		{1<<3 | 2, 14, 80, 1, 0xe2, 3, 9, 8, 2, 18, 1, 's', 40, 1, 96, 2},
		// Timestamp 300, sequence 1; event 11: begins, track 2, category, name, flow 7, notes.
		{1<<3 | 2, 44, 64, 0xac, 2, 80, 1, 90, 37, 72, 1, 88, 2, 0xb2, 1, 1, 'c', 0xba, 1, 1, 'W', 0xf9, 2, 7, 0, 0, 0, 0, 0, 0, 0,
			34, 5, 82, 1, 'n', 24, 5, 34, 6, 82, 1, 't', 50, 1, 'x'},
		{1<<3 | 2, 11, 64, 0xad, 2, 80, 1, 90, 4, 72, 2, 88, 2},
		// uuid 3, name "d", parent 1, rank 3, counter of bytes.
		{1<<3 | 2, 18, 80, 1, 0xe2, 3, 13, 8, 3, 18, 1, 'd', 40, 1, 96, 3, 66, 2, 24, 3},
		// A value of 200 at 302 on track 3.
		{1<<3 | 2, 15, 64, 0xae, 2, 80, 1, 90, 8, 72, 4, 88, 3, 0xf0, 1, 0xc8, 1},
	}
	if got := b.Bytes(); !bytes.Equal(got, bytes.Join(want, nil)) {
		t.Errorf("\n%x, want\n%x", got, bytes.Join(want, nil))
	}
}

// full takes no byte.
type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

func TestWriter_KeepsTheFirstError(t *testing.T) {
	want := errors.New("disk full")
	w := NewWriter(full{want})
	track := w.Slices(0, "s", 1)
	for at := range int64(10_000) { // more than a buffer holds
		w.Instant(track, at, &Event{Name: "i"})
	}
	if err := w.Close(); err != want {
		t.Errorf("%v", err)
	}
}
