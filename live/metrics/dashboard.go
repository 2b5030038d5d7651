package metrics

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Dashboard is a Grafana dashboard of every metric in List, a row a group: the JSON
// that Grafana imports. A variable for each label that names a run chooses what is
// shown. Controls are left out: they are variants of runs that are shown.
func Dashboard() []byte {
	d := dashboard{Title: "tbraid", UID: "tbraid", Tags: []string{"tbraid"}, SchemaVersion: grafanaSchema, Editable: true,
		Description: "What a RAID box lost, when, and how fast it was, by tbraid. Times are simulated unless a title says otherwise."}
	d.Time.From, d.Time.To = "now-6h", "now"
	d.Templating.List = variables()
	d.Panels = panels()
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic(err) // it is ours
	}
	return append(text, '\n')
}

// grafanaSchema is the version of the dashboard model of Grafana 11; later ones
// migrate it.
const grafanaSchema = 39

type dashboard struct {
	Title         string   `json:"title"`
	UID           string   `json:"uid"`
	Description   string   `json:"description"`
	Tags          []string `json:"tags"`
	SchemaVersion int      `json:"schemaVersion"`
	Editable      bool     `json:"editable"`
	Time          struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"time"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

// source is the data source that a variable of the dashboard names.
type source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

func prometheusSource() *source { return &source{"prometheus", "${datasource}"} }

type variable struct {
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	Label      string  `json:"label,omitempty"`
	Query      string  `json:"query"`
	Datasource *source `json:"datasource,omitempty"`
	IncludeAll bool    `json:"includeAll,omitempty"`
	Multi      bool    `json:"multi,omitempty"`
	AllValue   string  `json:"allValue,omitempty"`
	Refresh    int     `json:"refresh,omitempty"` // 2: when the time range changes
	Sort       int     `json:"sort,omitempty"`    // 1: by name
}

// chosen are the labels that a variable chooses.
func chosen() []string {
	return slices.DeleteFunc(Labels(), func(l string) bool { return l == "control" })
}

func variables() []variable {
	list := []variable{{Name: "datasource", Type: "datasource", Label: "Data source", Query: "prometheus"}}
	for _, label := range chosen() {
		list = append(list, variable{Name: label, Type: "query", Query: fmt.Sprintf("label_values(%ssimulated_seconds_total, %s)", Prefix, label),
			Datasource: prometheusSource(), IncludeAll: true, Multi: true, AllValue: ".*", Refresh: 2, Sort: 1})
	}
	return list
}

type panel struct {
	ID          int          `json:"id"`
	Type        string       `json:"type"`
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	GridPos     position     `json:"gridPos"`
	Datasource  *source      `json:"datasource,omitempty"`
	Targets     []target     `json:"targets,omitempty"`
	FieldConfig *fieldConfig `json:"fieldConfig,omitempty"`
	Options     *options     `json:"options,omitempty"`
}

type position struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type target struct {
	RefID        string `json:"refId"`
	Expr         string `json:"expr"`
	LegendFormat string `json:"legendFormat"`
	Instant      bool   `json:"instant,omitempty"`
	Format       string `json:"format,omitempty"`
}

type fieldConfig struct {
	Defaults struct {
		Unit string `json:"unit"`
		Min  int    `json:"min"`
	} `json:"defaults"`
}

type options struct {
	Orientation string `json:"orientation"`
	DisplayMode string `json:"displayMode"`
}

// The grid of Grafana is 24 columns wide.
const (
	panelWidth  = 12
	panelHeight = 8
)

// panels has a row of its own for each group, and a panel for each metric.
func panels() []panel {
	var list []panel
	y, x, group := 0, 0, ""
	add := func(p panel) {
		p.ID = len(list) + 1
		list = append(list, p)
	}
	for _, m := range List() {
		if m.Group != group {
			if group = m.Group; x > 0 {
				x, y = 0, y+panelHeight
			}
			add(panel{Type: "row", Title: group, GridPos: position{H: 1, W: 2 * panelWidth, Y: y}})
			y++
		}
		p := m.panel()
		p.GridPos = position{H: panelHeight, W: panelWidth, X: x, Y: y}
		add(p)
		if x += panelWidth; x == 2*panelWidth {
			x, y = 0, y+panelHeight
		}
	}
	return list
}

// panel shows the newest value of each run as a bar: runs are to be compared, and
// most are over when they are seen.
func (m *Metric) panel() panel {
	p := panel{Type: "bargauge", Title: m.title(), Description: m.Help, Datasource: prometheusSource(), FieldConfig: &fieldConfig{},
		Options: &options{Orientation: "horizontal", DisplayMode: "basic"}}
	p.FieldConfig.Defaults.Unit = m.unit()
	t := target{RefID: "A", Expr: m.Name + selector(), LegendFormat: legend(append(chosen()[1:], m.Labels...)), Instant: true}
	switch m.Type {
	case Summary:
		t.Expr = m.Name + selector(`quantile="0.99"`)
	case Histogram:
		t.Expr = fmt.Sprintf("sum by (le) (%s_bucket%s)", m.Name, selector())
		t.Format, t.LegendFormat = "heatmap", "{{le}}"
		p.FieldConfig.Defaults.Unit = "short"
	}
	p.Targets = []target{t}
	return p
}

// title is the name in words; of a summary, which quantile is shown.
func (m *Metric) title() string {
	words := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(m.Name, Prefix), "_total"), "_", " ")
	words = strings.ToUpper(words[:1]) + words[1:]
	if m.Type == Summary {
		words += ", 99 of 100 took no longer"
	}
	return words
}

// units are what Grafana calls the units that names end in, the longest first.
var units = [][2]string{
	{"_bytes_per_simulated_second", "Bps"},
	{"_commands_per_simulated_second", "iops"},
	{"write_amplification_ratio", "none"},
	{"_ratio", "percentunit"},
	{"_simulated_seconds", "s"},
	{"_bytes", "bytes"},
}

func (m *Metric) unit() string {
	name := strings.TrimSuffix(m.Name, "_total")
	for _, u := range units {
		if strings.HasSuffix(name, u[0]) {
			return u[1]
		}
	}
	return "short"
}

// selector narrows a query to what the variables choose.
func selector(more ...string) string {
	var terms []string
	for _, label := range chosen() {
		terms = append(terms, fmt.Sprintf(`%s=~"$%s"`, label, label))
	}
	return "{" + strings.Join(append(append(terms, `control=""`), more...), ",") + "}"
}

func legend(labels []string) string {
	var parts []string
	for _, l := range labels {
		parts = append(parts, "{{"+l+"}}")
	}
	return strings.Join(parts, " ")
}
