package metrics

import (
	"io"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"tbraid/lab"
)

// Collector shows the newest result that was published to a scrape. Nothing is
// counted twice and nothing is counted for it: whoever runs the model publishes
// copies of its numbers, as often as suits, and a scrape turns the last one into
// metrics.
type Collector struct {
	list      []Metric
	descs     []*prometheus.Desc // of list
	published atomic.Pointer[lab.Result]
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a Collector that shows nothing yet.
func NewCollector() *Collector {
	c := &Collector{list: List()}
	for i := range c.list {
		m := &c.list[i]
		c.descs = append(c.descs, prometheus.NewDesc(m.Name, m.Help, append(Labels(), m.Labels...), nil))
	}
	return c
}

// Publish shows a result from now on, until the next one. It must not be changed
// any more.
func (c *Collector) Publish(r *lab.Result) { c.published.Store(r) }

// Describe implements prometheus.Collector.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	r := c.published.Load()
	if r == nil {
		return
	}
	for _, runs := range [][]lab.Run{r.Runs, r.Controls} {
		for i := range runs {
			of := labels(r.Scenario.Name, &runs[i])
			for k := range c.list {
				m := &c.list[k]
				m.read(&runs[i], func(s sample) { out <- m.metric(c.descs[k], s, append(of[:len(of):len(of)], s.labels...)) })
			}
		}
	}
}

// metric is a sample in the form of the library.
func (m *Metric) metric(d *prometheus.Desc, s sample, labels []string) prometheus.Metric {
	switch m.Type {
	case Summary:
		return prometheus.MustNewConstSummary(d, s.count, s.sum, s.quantiles, labels...)
	case Histogram:
		return prometheus.MustNewConstHistogram(d, s.count, s.sum, s.buckets, labels...)
	case Counter:
		return prometheus.MustNewConstMetric(d, prometheus.CounterValue, s.value, labels...)
	}
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, s.value, labels...)
}

// Write writes a result in the text exposition format, as the textfile collector of
// the node exporter and a push gateway take it.
func Write(w io.Writer, r *lab.Result) error {
	c := NewCollector()
	c.Publish(r)
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		return err
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	e := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, f := range families {
		if err := e.Encode(f); err != nil {
			return err
		}
	}
	return nil
}
