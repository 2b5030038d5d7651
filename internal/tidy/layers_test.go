package tidy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the rooms of the house, lowest first: a package imports only what
// stands before it.
var layers = []string{
	"internal/tidy", // tests only
	"internal/mutant",
	"internal/divisor",
	"sim",
	"internal/block",
	"internal/words",
	"internal/roff",
	"sim/power",
	"sim/ledger",
	"scsi",
	"scsi/sam",
	"disks",
	"cache/replace",
	"cache",
	"controller/raid",
	"firmware",
	"controller",
	"host/workload",
	"host/trace",
	"host",
	"internal/perfetto",
	"internal/zipf",
	"configs",
	"lab",
	"lab/check",
	"lab/store",
	"lab/diagnose",
	"lab/report",
	"live/metrics",
	"cmd/tbraid",
}

// model are the layers in which the simulated world lives.
var model = layers[:slices.Index(layers, "host")+1]

// strangers must not know each other: they meet in scsi/sam.
var strangers = map[string][]string{
	"host":          {"controller", "controller/raid", "cache", "firmware", "disks"},
	"host/workload": {"controller", "controller/raid", "cache", "firmware", "disks"},
	"host/trace":    {"controller", "controller/raid", "cache", "firmware", "disks"},
	"controller":    {"host", "host/workload", "host/trace"},
}

// outside are import paths, with everything below them, that only some packages may
// use, by the beginning of their names: the rest runs in a browser and without a
// network.
var outside = map[string][]string{
	"net":                    {"cmd/", "live/"},
	"github.com/spf13/cobra": {"cmd/"},
	"github.com/prometheus":  {"cmd/", "live/"},
}

func TestImportLayers(t *testing.T) { holds(t, importLayers) }

func importLayers(t *tree) []string {
	var problems []string
	sources := t.sources()
	for _, dir := range slices.Sorted(maps.Keys(sources)) {
		if !slices.Contains(layers, dir) {
			problems = append(problems, fmt.Sprintf(
				"%s: package is in no layer: add it to the list in internal/tidy/layers_test.go, above all that it imports", dir))
			continue
		}
		for _, f := range sources[dir] {
			for _, i := range f.syntax.Imports {
				imported, _ := strconv.Unquote(i.Path.Value)
				if why := mayNotImport(dir, imported); why != "" {
					problems = append(problems, fmt.Sprintf("%s: %s imports %s: %s", t.at(i), dir, imported, why))
				}
			}
		}
	}
	return problems
}

// mayNotImport is the reason why the package in dir must not import another one,
// or empty.
func mayNotImport(dir, imported string) string {
	inside, ours := strings.CutPrefix(imported, module+"/")
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case dir == "sim" && (ours || strings.Contains(first, ".")):
		return "sim uses the standard library only"
	case ours && slices.Contains(strangers[dir], inside):
		return "they meet in scsi/sam"
	case ours && slices.Index(layers, inside) >= slices.Index(layers, dir):
		return "imports point down"
	}
	for o, may := range outside {
		in := func(room string) bool { return strings.HasPrefix(dir, room) }
		if (imported == o || strings.HasPrefix(imported, o+"/")) && !slices.ContainsFunc(may, in) {
			return "only " + strings.Join(may, " and ") + " may"
		}
	}
	return ""
}

func TestImportLayers_Mutants(t *testing.T) {
	one := func(dir, imported string) map[string]string {
		return map[string]string{dir + "/a.go": fmt.Sprintf("package a\nimport _ %q\n", imported)}
	}
	catches(t, importLayers, []mutant{
		{"down", one("disks", "tbraid/sim"), ""},
		{"up", one("cache", "tbraid/controller"), "cache/a.go:2: cache imports tbraid/controller: imports point down"},
		{"skips a layer up", one("internal/block", "tbraid/lab"), "imports point down"},
		{"third party in sim", one("sim", "gopkg.in/yaml.v3"), "standard library only"},
		{"module in sim", one("sim", "tbraid/internal/block"), "standard library only"},
		{"host knows the cache", one("host", "tbraid/cache"), "they meet in scsi/sam"},
		{"host knows the controller", one("host", "tbraid/controller"), "they meet in scsi/sam"},
		{"controller knows the host", one("controller", "tbraid/host"), "they meet in scsi/sam"},
		{"network in lab", one("lab", "net/http"), "only cmd/ and live/ may"},
		{"flags in report", one("lab/report", "github.com/spf13/cobra"), "only cmd/ may"},
		{"flags in live", one("live/metrics", "github.com/spf13/cobra"), "only cmd/ may"},
		{"metrics in lab", one("lab/store", "github.com/prometheus/client_golang/prometheus"), "only cmd/ and live/ may"},
		{"metrics in live", one("live/metrics", "github.com/prometheus/client_golang/prometheus"), ""},
		{"metrics in host", one("host", "github.com/prometheus/client_golang/prometheus"), "only cmd/ and live/ may"},
		{"flags in the command", one("cmd/tbraid", "github.com/spf13/cobra"), ""},
		{"unknown package", one("live", "fmt"), "live: package is in no layer: add it"},
		{"import of an unknown package", map[string]string{
			"live/a.go": "package live\n", "lab/a.go": "package lab\nimport _ \"tbraid/live\"\n",
		}, "live: package is in no layer"},
		{"tests may", map[string]string{"cache/a_test.go": "package cache\nimport _ \"tbraid/lab\"\n"}, ""},
	})
}
