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
  tbraid explain 'diskutil partitionDisk disk5 GPT JHFS+ RAID 100%' -o explained.json
  tbraid explain small --policy wb-flush-all --lba 4096
  tbraid run forum -o r.json && tbraid explain r.json --lba 4096
  tbraid explain forum --case cp --host kext --policy wb-ack-only --event box-power --file clip-003.mov`

// explainFlags are the flags of explain: a few of run, with defaults of their own.
type explainFlags struct {
	runFlags
	life lifeFlags
}

func newExplain(a *app) *cobra.Command {
	var o explainFlags
	c := &cobra.Command{
		Use:   "explain 'COMMAND LINE' | [SCENARIO | FILE.yaml | RESULT.json | - | 'COMMAND LINE' …] {--lba N | --file NAME | --command N}",
		Short: "say what a command line sends to the box, or tell the life of a block",
		Long: `explain takes a command line of dd, cp, diskutil or sync apart: what each word does
on macOS, whether it changes what is sent to the box, and whether it makes anything
durable. Then it runs the line on the model, with no event, and counts what that line
alone sends. Box and files are those of the scenario ` + defaultScenario + `.

A line that names a volume or a slice, and a sync, unmount or eject, finds an HFS+
volume mounted from disk5s1; --volume chooses another.

With --lba, --file or --command it tells the life of blocks instead: what happened
to them in a scenario or in command lines, from the WRITE to the medium, the cut in
its place (that of the scenario, or --cut), what would have come after it, what was
promised, how they fared and why, and what would have saved them; all of it found
by simulation. --file NAME is a file on a mounted volume; --file PATH=SIZE, with =,
declares one on the host's own disk. --command takes the number of a WRITE in the
log of the target. One story is told for each case, event, host and policy; of more
than four runs, one for each way in which the blocks are lost. In place of a
scenario it takes a result that run -o has written. A scenario without a name is
` + defaultScenario + `.`,
		Example: explainExamples,
		RunE:    func(c *cobra.Command, args []string) error { return a.explain(c, &o, args) },
	}
	c.ValidArgsFunction = completeScenarios
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.hosts, "host", []string{"kext,dext"}, "`NAMES` of host presets, separated by commas; for lives those of the scenario, if not given")
	f.StringArrayVar(&o.policies, "policy", []string{explainPolicy}, "`NAMES` of firmware policies; likewise")
	f.StringVar(&o.volume, "volume", "", "mount a volume at `PATH[:hfs+|apfs]`, as in /Volumes/RAID:apfs")
	f.StringArrayVar(&o.files, "file", nil, "`PATH=SIZE`: a file on the host's own disk; repeatable. Without =, NAME of a file on a volume: tell its life")
	o.registerLife(c)
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the explanation to `FILE`.json; repeatable; - is standard output, and nothing else then")
	o.look.register(f)
	return c
}

// explain finds out what is to be explained.
func (a *app) explain(c *cobra.Command, o *explainFlags, args []string) error {
	q, err := o.lifeQuery(c)
	switch {
	case err != nil:
		return err
	case q != nil:
		return a.explainLife(c, o, q, args)
	}
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
	outputs, err := parseOutputs(o.outputs, checkJSON)
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
