package report

import (
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

func TestText_WriteHole(t *testing.T) {
	s, err := configs.Load("write-hole", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "write-hole.txt", render(t, r, Options{Width: 100}))
}
