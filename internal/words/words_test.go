package words

import (
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	type colour uint8
	c := colour(7)
	if err := Pick(&c, []string{"red", "green"}, []byte("green")); err != nil || c != 1 {
		t.Fatalf("%d, %v", c, err)
	}
	if err := Pick(&c, []string{"red", "green"}, []byte("blue")); err == nil || c != 1 || !strings.Contains(err.Error(), "red, green") {
		t.Fatalf("%d, %v", c, err)
	}
}
