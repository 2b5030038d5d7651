package report

import (
	"bytes"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// A result that was ended early is told, however many of its runs are there.
func TestText_Partial(t *testing.T) {
	s, err := configs.Load("forum", nil, []string{"policies=[wb-ack-only]"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := r.Runs
	for n := range all {
		r.Runs, r.Controls, r.Rivals = all[:n], nil, nil
		r.Partial = &lab.Partial{Whole: n, Of: len(all)}
		var text, check bytes.Buffer
		if err := Text(&text, r, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := Check(&check, r, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, got := range []string{text.String(), check.String()} {
			if !strings.Contains(got, "\nPARTIAL   Interrupted: ") || !strings.Contains(got, " of 16 runs were made.") {
				t.Errorf("%d runs:\n%s", n, got)
			}
		}
		if !strings.Contains(check.String(), "VERDICT   None") {
			t.Errorf("%d runs:\n%s", n, check.String())
		}
	}
}
