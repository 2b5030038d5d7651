package raid

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
)

func TestGalois_AgreesWithBytes(t *testing.T) {
	for c := range 256 {
		if c > 0 && slowMultiply(byte(c), inverse(byte(c))) != 1 {
			t.Fatalf("inverse of %#x is not %#x", c, inverse(byte(c)))
		}
		for x := range 256 {
			tag := block.Tag(x) * 0x0101010101010101
			got, want := bytesOf(multiply(byte(c), tag)), slowMultiply(byte(c), byte(x))
			if slices.ContainsFunc(got[:], func(b byte) bool { return b != want }) {
				t.Fatalf("%#x·%#x is %x, want %#x in each byte", c, x, got, want)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		tag := block.Tag(rapid.Uint64().Draw(t, "tag"))
		c := rapid.Byte().Draw(t, "c")
		want := bytesOf(tag)
		for i := range want {
			want[i] = slowMultiply(c, want[i])
		}
		if got := bytesOf(multiply(c, tag)); got != want {
			t.Fatalf("%x, want %x", got, want)
		}
	})
}
