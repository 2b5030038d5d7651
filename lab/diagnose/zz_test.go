package diagnose

import ("testing";"tbraid/configs";"time";"slices")

func TestZZ(t *testing.T) {
	o, err := configs.LoadObservations("forum", nil)
	if err != nil { t.Fatal(err) }
	p := newPredictor(o, 0)
	all, err := p.candidates(3)
	if err != nil { t.Fatal(err) }
	obs, err := p.observe()
	if err != nil { t.Fatal(err) }
	n := 0
	for _, c := range all { n += len(c.fits) }
	t.Log(len(all), "sets", n, "worlds", len(p.states), "states")
	slices.SortStableFunc(obs, func(a, b observed) int { return len(a.variants)-len(b.variants) })
	for i := range obs {
		start := time.Now()
		before := p.count
		all, err = p.sift(all, &obs[i])
		if err != nil { t.Fatal(err) }
		n := 0
		for _, c := range all { n += len(c.fits) }
		t.Log(obs[i].Name, len(obs[i].variants), "variants:", len(all), "left,", n, "worlds", p.count-before, "runs", time.Since(start))
	}
	weigh(all)
	m := minimal(all)
	sum := 0.0
	for _, c := range m { sum += c.weight }
	t.Log(len(m))
	for i, c := range m { if i < 35 { t.Logf("%5.1f%% %s", 100*c.weight/sum, p.ids(c.set)) } }
}
