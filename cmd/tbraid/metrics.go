package main

import (
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"tbraid/lab"
	"tbraid/live/metrics"
)

// metricsEnding is the only one that the textfile collector of the node exporter
// reads.
const metricsEnding = ".prom"

// metricsFile is the flag --metrics-file; empty is no file.
type metricsFile string

// named tells whether the ending is right.
func (f metricsFile) named() bool { return f == "" || filepath.Ext(string(f)) == metricsEnding }

func (f metricsFile) outputs() (o outputs) {
	if f != "" {
		o.files = []string{string(f)}
	}
	return o
}

func (f metricsFile) check() error { return f.outputs().check() }

// write writes the file as a whole: a scrape never sees half of it.
func (f metricsFile) write(r *lab.Result) error {
	return f.outputs().write(func(w io.Writer, _ string) error { return metrics.Write(w, r) })
}

func newDashboard(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "dashboard",
		Short: "print a Grafana dashboard of the metrics that run --metrics-file writes",
		Long: `dashboard prints the JSON of a Grafana dashboard that shows every metric of
tbraid run --metrics-file, a panel each. Import it and choose the data source.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(metrics.Dashboard())
			return err
		},
	}
}
