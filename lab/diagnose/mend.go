package diagnose

import "fmt"

// mend applies the fixes of an explanation in the world of it that fits best, makes
// every observation again, in all the ways in which it may have been made, and says
// what is still wrong; empty if nothing is.
func (p *predictor) mend(c *candidate, obs []observed) (string, error) {
	best := c.best()
	was, err := p.world(best.state)
	if err != nil {
		return "", err
	}
	w := *was
	for _, m := range p.members(c.set) {
		for _, f := range m.Fix {
			if err := p.o.Mend(&w, f); err != nil {
				return "", err
			}
		}
	}
	var todo []run
	asked := map[run]bool{}
	for i := range obs {
		for _, v := range obs[i].variants {
			if r := (run{w, v.play}); p.concerns(best.state, v) && p.runs[r] == nil && !asked[r] {
				asked[r] = true
				todo = append(todo, r)
			}
		}
	}
	if err := p.simulate(todo); err != nil {
		return "", err
	}
	for i := range obs {
		for _, v := range obs[i].variants {
			if !p.concerns(best.state, v) {
				continue
			}
			if why := p.runs[run{w, v.play}].bad(); why != "" {
				return fmt.Sprintf("%s: %s", obs[i].Name, why), nil
			}
		}
	}
	return "", nil
}

// bad says what is wrong with what is seen, whatever was seen before.
func (s *seen) bad() string {
	switch {
	case s.err != "":
		return "the tool fails: " + s.err
	case s.ioErrors:
		return "I/O errors in the kernel log"
	case s.back.Word != "" && s.back.Word != "correct":
		return differs("is read back", "correct", s.back)
	}
	for _, r := range s.reads {
		if r.Word != "correct" {
			return differs("reads", "correct", r)
		}
	}
	return ""
}
