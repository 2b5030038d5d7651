package diagnose_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab/diagnose"
)

func diagnosed(t *testing.T, o *configs.Observations, opt diagnose.Options) *diagnose.Result {
	t.Helper()
	r, err := diagnose.Diagnose(o, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func standing(t *testing.T, r *diagnose.Result, id string) diagnose.Standing {
	t.Helper()
	i := slices.IndexFunc(r.Mechanisms, func(m diagnose.Standing) bool { return m.ID == id })
	if i < 0 {
		t.Fatalf("no mechanism %s", id)
	}
	return r.Mechanisms[i]
}

// What the thread reports takes two faults: one loses the data of dd, another fails
// the WRITE of diskutil. Two faults are enough to see that, and quicker to look at than
// three.
func TestForum(t *testing.T) {
	r := diagnosed(t, forum(t), diagnose.Options{Faults: 2})
	best := r.Explanations[0]
	if best.ID != "M3+M12+M14" || !best.Good {
		t.Errorf("heaviest is %s, good %v %s", best.ID, best.Good, best.Bad)
	}
	for _, e := range r.Explanations {
		if len(e.Needs) == 0 || !slices.ContainsFunc(e.Needs, func(n diagnose.Need) bool {
			return slices.Contains(n.Observations, "partitionDisk") && !slices.Contains(n.Observations, "test 1")
		}) {
			t.Errorf("%s does not take one fault for diskutil and another for dd: %+v", e.ID, e.Needs)
		}
	}
	for _, id := range []string{"M7", "M8", "M9"} {
		m := standing(t, r, id)
		if !m.RuledOut || !slices.ContainsFunc(m.Against, func(c diagnose.Clash) bool { return c.Observation == "test 2" }) {
			t.Errorf("%s is not ruled out by test 2: %+v", id, m)
		}
	}
	for _, id := range []string{"M8", "M9"} {
		if m := standing(t, r, id); !strings.Contains(m.Against[0].Instead, "read back") {
			t.Errorf("%s is not contradicted by the read-back in the session: %+v", id, m.Against)
		}
	}
	for _, id := range []string{"M14", "M15", "M10"} {
		if m := standing(t, r, id); m.Share == 0 {
			t.Errorf("%s explains nothing: the read is not one of several", id)
		}
	}
	if !slices.Equal(r.Missing, []string{"kext"}) {
		t.Errorf("missing controls: %v", r.Missing)
	}
	if len(r.Next) != 3 || r.Tree == nil || len(r.Tree.Branches) < 2 {
		t.Errorf("%d proposals, tree %+v", len(r.Next), r.Tree)
	}
	total := 0.0
	for _, e := range r.Explanations {
		total += e.Share
	}
	if total < 0.99 || total > 1.01 {
		t.Errorf("the shares are %f together", total)
	}
}

// small are observations that take few runs.
const small = `
base: forum
unknown: []
observed:
  - {name: ejected, experiment: eject-first, saw: {read: correct}}
  - {name: once, experiment: restart, saw: {read: old}}
  - {name: again, experiment: restart, saw: {read: correct}}
`

func parsed(t *testing.T, text string) *configs.Observations {
	t.Helper()
	o, err := configs.ParseObservations("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestContradiction(t *testing.T) {
	r := diagnosed(t, parsed(t, small), diagnose.Options{Faults: 2})
	if len(r.Explanations) > 0 || !slices.Equal(r.Contradiction, []string{"once", "again"}) {
		t.Errorf("%d explanations, contradiction %v", len(r.Explanations), r.Contradiction)
	}
}

// The same observations give the same bytes on one worker and on two.
func TestDeterminism(t *testing.T) {
	text := strings.Replace(small, "{name: again, experiment: restart, saw: {read: correct}}", "{name: kext, experiment: kernel-extension, saw: {read: correct}}", 1)
	var all []string
	for _, workers := range []int{1, 2, 2} {
		b, err := json.Marshal(diagnosed(t, parsed(t, text), diagnose.Options{Workers: workers, Faults: 2}))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	if all[0] != all[1] || all[1] != all[2] {
		t.Error("results differ")
	}
	if !strings.Contains(all[0], `"id":"M3+M5"`) {
		t.Errorf("M3+M5 does not explain it: %s", all[0])
	}
}

// A mechanism of the user's own competes with the presets, and needs no code.
func TestOwnMechanism(t *testing.T) {
	r := diagnosed(t, parsed(t, `
base: forum
unknown: []
mechanisms:
  - {name: crash-loses, id: U1, title: a driver that swallows all, source: a guess, grade: guess, role: fault, prior: 90%, set: [policy.host_reset=drop, host.driver.sync=swallow]}
observed:
  - {name: once, experiment: restart, saw: {read: old}}
`), diagnose.Options{Faults: 1})
	if r.Explanations[0].ID != "U1" {
		t.Errorf("heaviest is %s", r.Explanations[0].ID)
	}
}
