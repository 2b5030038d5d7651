package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/lab"
	"tbraid/lab/report"
)

// explainPolicy is a volatile cache whose firmware does all that it is asked for:
// what is not promised under it, the command line has not asked for.
const explainPolicy = "wb-flush-all"

const explainExamples = `  tbraid explain 'dd if=/dev/random of=/dev/disk5 bs=1m count=64 conv=fsync'
  tbraid explain -v --host kext-sync-swallow 'cp -R /Users/user/Footage /Volumes/RAID/'
  tbraid explain 'diskutil partitionDisk disk5 GPT JHFS+ RAID 100%' -o explained.json`

// explainFlags are the flags of explain: a few of run, with defaults of their own.
type explainFlags struct{ runFlags }

func newExplain(a *app) *cobra.Command {
	var o explainFlags
	c := &cobra.Command{
		Use:   "explain 'COMMAND LINE'",
		Short: "say word by word what a command line sends to the box, and measure it",
		Long: `explain takes a command line of dd, cp, diskutil or sync apart: what each word does
on macOS, whether it changes what is sent to the box, and whether it makes anything
durable. Then it runs the line on the model, with no event, and counts what that line
alone sends. Box and files are those of the scenario ` + defaultScenario + `.

A line that names a volume or a slice, and a sync, unmount or eject, finds an HFS+
volume mounted from disk5s1; --volume chooses another.`,
		Example: explainExamples,
		RunE:    func(_ *cobra.Command, args []string) error { return a.explain(&o, args) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.hosts, "host", []string{"kext,dext"}, "`NAMES` of host presets, separated by commas")
	f.StringArrayVar(&o.policies, "policy", []string{explainPolicy}, "`NAMES` of firmware policies")
	f.StringVar(&o.volume, "volume", "", "mount a volume at `PATH[:hfs+|apfs]`, as in /Volumes/RAID:apfs")
	f.StringArrayVar(&o.files, "file", nil, "a file on the host's own disk, `PATH=SIZE`; repeatable")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the explanation to `FILE`.json; repeatable; - is standard output, and nothing else then")
	o.look.register(f)
	completeFlags(c)
	return c
}

// explain finds out what is to be explained.
func (a *app) explain(o *explainFlags, args []string) error {
	lines := commandLines(args)
	switch {
	case len(lines) == 0:
		return usage("explain takes a command line of dd, cp, diskutil or sync in quotes, as in %s", explainExample())
	case len(lines) > 1:
		return usage("explain takes one command line, and %s is one more", shellWord(lines[1]))
	}
	return a.explainLine(o, lines[0])
}

// explainExample is the first example, without the name of the program.
func explainExample() string {
	first, _, _ := strings.Cut(explainExamples, "\n")
	return strings.TrimPrefix(strings.TrimSpace(first), "tbraid ")
}

// explainLine explains a command line word by word and measures it.
func (a *app) explainLine(o *explainFlags, line string) error {
	outputs, err := parseOutputs(o.outputs, checkResultForm)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	if err != nil {
		return err
	}
	x, err := o.explanation(line)
	if err != nil {
		return err
	}
	if err := outputs.check(); err != nil {
		return err
	}
	emit := func(w io.Writer) error { return report.ExplainJSON(w, x) }
	for _, path := range outputs.files {
		if err := writeWhole(path, emit); err != nil {
			return &inputError{path: path, cause: err}
		}
	}
	if outputs.stdout {
		return emit(a.out)
	}
	return report.Explain(a.out, x, page)
}

// explanation reads the line, and runs it under each host and policy.
func (o *explainFlags) explanation(line string) (*report.Explanation, error) {
	if err := checkLine(line); err != nil {
		return nil, err
	}
	if o.volume == "" {
		o.volume = assumedVolume(line)
	}
	sets, err := o.assignments(false)
	if err != nil {
		return nil, err
	}
	s, err := o.typed([]string{line}, sets)
	if err != nil {
		return nil, err
	}
	words, err := workload.Explain(line, limits(s))
	if err != nil {
		return nil, err
	}
	traffic, err := lab.Measure(s)
	if err != nil {
		return nil, err
	}
	x := report.NewExplanation(line, words, traffic)
	x.Box, x.Volume, x.Seed = s.Box.Name, o.volume, s.Seed
	x.Next = o.logged(line, &traffic[0])
	return x, nil
}

// logged is the command that shows one by one the commands that were counted.
func (o *explainFlags) logged(line string, t *lab.Traffic) string {
	words := []string{"tbraid run --host", t.Host, "--policy", t.Policy}
	if o.volume != "" {
		words = append(words, "--volume", shellWord(o.volume))
	}
	for _, f := range o.files {
		words = append(words, "--file", shellWord(f))
	}
	return strings.Join(append(words, "--log driver,target", shellWord(line)), " ")
}

func limits(s *configs.Scenario) []workload.Limits {
	var all []workload.Limits
	for i := range s.Hosts {
		all = append(all, s.Hosts[i].Limits())
	}
	return all
}

// usualMount is where the volume of the scenario forum is mounted.
const usualMount = "/Volumes/RAID"

// assumedVolume is the volume that a line needs in order to mean anything, as
// --volume takes it, or empty: where its paths say, or at the usual place.
func assumedVolume(line string) string {
	t, err := workload.Parse(line)
	if err != nil {
		return ""
	}
	for _, path := range append([]string{t.Output}, t.Inputs...) {
		if rest, ok := strings.CutPrefix(path, "/Volumes/"); ok && rest != "" {
			name, _, _ := strings.Cut(rest, "/")
			return "/Volumes/" + name
		}
		if n, ok := workload.ParseNode(path); ok && n.Slice != 0 {
			return usualMount
		}
	}
	flat := strings.ToLower(line)
	if t.Kind == workload.Sync || t.Kind == workload.Diskutil && (strings.Contains(flat, "mount") || strings.Contains(flat, "eject")) {
		return usualMount
	}
	return ""
}
