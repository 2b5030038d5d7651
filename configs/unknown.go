package configs

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Unknown is something that nobody noted: a delay, what the disk held before, a
// property of the box. It is a list of values, or a range of durations or sizes, of
// which points in equal ratios are taken, both ends among them. ${NAME} in a step or
// in a setting stands for the value; set: gives it to a key.
type Unknown struct {
	Name   string `conf:"name" min:"1" max:"24" doc:"what ${NAME} stands for"`
	Title  string `conf:"title" max:"120" doc:"what it is, as the end of a sentence: the time from dd to the restart"`
	Values Words  `conf:"values" max:"16" doc:"what it can be; or from and to"`
	From   string `conf:"from" max:"24" doc:"the least duration or size of a range"`
	To     string `conf:"to" max:"24" doc:"the largest"`
	Points int    `conf:"points" unit:"count" max:"16" doc:"of the range; 0 is 3"`
	// Replaces is an event in whose place the values come, in every script.
	Replaces string  `conf:"replaces" max:"80" doc:"an event, as in restart:kext; the values are what it may have been in fact, the same in everything that is done"`
	Shared   bool    `conf:"shared" doc:"it was the same in every observation"`
	Set      Setting `conf:"set" doc:"the key that takes the value, as in box.cache.capacity; nothing if steps or settings use ${NAME}"`
}

// Words are one or several scalars, of whatever type YAML takes them for.
type Words []string

func (w *Words) read(r *reader, n *yaml.Node, path string) error {
	all := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		all = n.Content
	}
	*w = nil
	for _, c := range all {
		if c.Kind != yaml.ScalarNode || c.Tag == "!!null" {
			return r.fail(c, "write it as it would stand in a step or a setting", "%s takes values, not %s", last(path), shape(c))
		}
		*w = append(*w, c.Value)
	}
	return nil
}

// defaultPoints is how many values of a range are tried.
const defaultPoints = 3

// settle spells a range out.
func (u *Unknown) settle() error {
	switch {
	case !unknownForm.MatchString(u.Name):
		return fmt.Errorf("name: %q is no name; small letters and digits, words joined by hyphens", u.Name)
	case u.From == "" && u.To == "" && len(u.Values) == 0:
		return fmt.Errorf("values: %s has none; write values: [250ms, 4s], or from: 250ms and to: 60s", u.Name)
	case u.From == "" && u.To == "":
		return u.distinct()
	case len(u.Values) > 0:
		return fmt.Errorf("values: %s has values and a range; keep one", u.Name)
	}
	unit := unitDuration
	from, err := quantity(u.From, unit)
	if err != nil {
		unit = unitBytes
		from, err = quantity(u.From, unit)
	}
	to, fault := quantity(u.To, unit)
	if err != nil || fault != nil || from == 0 || from >= to {
		return fmt.Errorf("from: %s to %s is no range; write two durations or two sizes, the smaller one first and above 0", u.From, u.To)
	}
	points := u.Points
	if points == 0 {
		points = defaultPoints
	}
	u.From, u.To, u.Values = "", "", nil
	for i := range points {
		ratio := math.Pow(float64(to)/float64(from), float64(i)/float64(max(points-1, 1)))
		u.Values = append(u.Values, formatQuantity(rounded(float64(from)*ratio, unit), unit))
	}
	u.Points = 0
	return u.distinct()
}

// rounded is a point between the ends of a range in figures that people write.
func rounded(x float64, unit string) uint64 {
	step := uint64(time.Millisecond)
	if unit == unitBytes {
		step = 64 << 10
	}
	n := uint64(math.Round(x))
	for step < n/200 {
		step *= 10
	}
	if n < step {
		return n
	}
	return (n + step/2) / step * step
}

func (u *Unknown) distinct() error {
	for i, v := range u.Values {
		if slices.Contains(u.Values[:i], v) {
			return fmt.Errorf("values: %s has %s twice", u.Name, v)
		}
	}
	return nil
}

var (
	unknownForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	reference   = regexp.MustCompile(`\$\{([^}]*)\}`)
)

// Given says which value each unknown has, by name.
type Given map[string]string

// expand puts values in the place of ${NAME}.
func (g Given) expand(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return reference.ReplaceAllStringFunc(text, func(s string) string {
		if v, ok := g[s[2:len(s)-1]]; ok {
			return v
		}
		return s
	})
}

// references are the names in ${NAME}, each once.
func references(text string) []string {
	var all []string
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(all, m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}

// Choices lists every combination of values of some unknowns, the last one changing
// fastest; one empty combination if there are none.
func Choices(all []Unknown) []Given {
	out := []Given{{}}
	for _, u := range all {
		var next []Given
		for _, g := range out {
			for _, v := range u.Values {
				more := Given{u.Name: v}
				for k, o := range g {
					more[k] = o
				}
				next = append(next, more)
			}
		}
		out = next
	}
	return out
}
