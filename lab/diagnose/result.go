package diagnose

// Schema names the form of a Result as JSON. Fields are only ever added.
const Schema = "tbraid.diagnosis/1"

// Result is the answer to a set of observations. Shares are parts of one.
type Result struct {
	Schema   string `json:"schema"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Source   string `json:"source,omitempty"`
	File     string `json:"file,omitempty"`
	Seed     uint64 `json:"seed"`
	Sets     int    `json:"sets"`        // explanations that were looked at
	Runs     int    `json:"simulations"` // that it took
	Faults   int    `json:"faults"`      // how many one explanation may have
	Observed []Made `json:"observed"`
	Unknown  []Open `json:"unknown"`

	Explanations []Explanation `json:"explanations"` // heaviest first
	Larger       int           `json:"larger"`       // sets that fit as well and contain an explanation
	Mechanisms   []Standing    `json:"mechanisms"`
	// Contradiction names the smallest part of the observations that no set explains;
	// empty if some set explains all.
	Contradiction []string   `json:"contradiction,omitempty"`
	Missing       []string   `json:"missing_controls,omitempty"` // hosts under which nothing was begun
	Next          []Proposal `json:"next"`
	Tree          *Node      `json:"tree,omitempty"`
}

// Made is an observation.
type Made struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Saw      string `json:"saw"`
	Times    int    `json:"times"`
	Variants int    `json:"variants"` // ways in which it may have been made
}

// Open is something that was not noted.
type Open struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Values []string `json:"values"`
}

// Explanation is a set of mechanisms under which everything can have been seen, and
// of which no part is enough.
type Explanation struct {
	ID         string      `json:"id"`
	Mechanisms []string    `json:"mechanisms"`
	Names      []string    `json:"names"`
	Titles     []string    `json:"titles"`
	Share      float64     `json:"share"`      // of the weight of all explanations
	Prior      float64     `json:"prior"`      // odds before anything was seen
	Likelihood float64     `json:"likelihood"` // of what was not noted, the share under which it all is seen
	Arithmetic string      `json:"arithmetic"`
	Conditions []Condition `json:"conditions,omitempty"`
	Joint      bool        `json:"joint,omitempty"` // not every combination of values that the conditions leave fits
	Needs      []Need      `json:"needs"`           // which of it each observation needs
	Fixes      []Mended    `json:"fixes"`
	Good       bool        `json:"fixed"`               // with the fixes every observation turns good
	Bad        string      `json:"not_fixed,omitempty"` // where it does not
}

// Condition is what must hold of something that was not noted.
type Condition struct {
	Observation string   `json:"observation,omitempty"` // empty if it concerns all
	Unknown     string   `json:"unknown"`
	Title       string   `json:"title"`
	Values      []string `json:"values"` // that fit
	Of          []string `json:"of"`
}

// Need is the part of an explanation that an observation needs.
type Need struct {
	Observations []string `json:"observations"`
	Mechanisms   []string `json:"mechanisms"`
}

// Mended is a change that an explanation asks for.
type Mended struct {
	Mechanism string `json:"mechanism"`
	Layer     string `json:"layer"`
	Title     string `json:"title"`
}

// Standing is what has become of a mechanism.
type Standing struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Source string  `json:"source"`
	Grade  string  `json:"grade"`
	Role   string  `json:"role"`
	Prior  int     `json:"prior_percent"`
	Share  float64 `json:"share"` // of the weight of the explanations that have it
	// RuledOut tells that no set with it explains everything.
	RuledOut bool    `json:"ruled_out"`
	Against  []Clash `json:"against,omitempty"` // what it alone contradicts
}

// Clash is an observation that is seen without a mechanism and never with it.
type Clash struct {
	Observation string `json:"observation"`
	Instead     string `json:"instead"`
}

// Proposal is an experiment and what it would tell.
type Proposal struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Title       string     `json:"title"`
	Minutes     int        `json:"minutes"`
	Destroys    string     `json:"destroys"`
	PowerPull   bool       `json:"power_pull,omitempty"`
	Kext        bool       `json:"kext,omitempty"`
	Effort      int        `json:"effort"` // minutes, and what the rest is worth in minutes
	Bits        float64    `json:"bits"`   // expected to be learnt, after the proposals before it
	Predictions []Forecast `json:"predictions"`
}

// Forecast is an outcome and the explanations that lead to it.
type Forecast struct {
	Outcome      string   `json:"outcome"`
	Share        float64  `json:"share"`
	Explanations []string `json:"explanations"`
}

// Node is a decision: make an experiment, and go on by what it shows. One without an
// experiment is an end.
type Node struct {
	ID       string   `json:"id,omitempty"`
	Name     string   `json:"name,omitempty"`
	Title    string   `json:"title,omitempty"`
	Left     []string `json:"left"` // explanations, heaviest first
	Branches []Branch `json:"branches,omitempty"`
}

// Branch is one outcome of an experiment.
type Branch struct {
	Outcome string  `json:"outcome"`
	Share   float64 `json:"share"`
	Then    *Node   `json:"then"`
}

// Target is what to name to see the same again: the file, or the preset.
func (r *Result) Target() string {
	if r.File != "" {
		return r.File
	}
	return r.Name
}
