package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
	"tbraid/sim"
)

// LivesJSON writes the Lives as they are, indented.
func LivesJSON(w io.Writer, l *lab.Lives) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(l)
}

// LivesText prints story after story.
func LivesText(w io.Writer, l *lab.Lives, o Options) error {
	p := &printer{w: w, o: o}
	p.printf("tbraid  explain: the life of %s\n", l.Asked)
	p.printf("        scenario %s, box %s, tear unit %d B, seed %d\n", l.Scenario.Name, l.Box.Name, l.Box.TearBytes, l.Scenario.Seed)
	p.printf("        times are seconds since the case began, as --cut counts them\n")
	if l.Chosen != "" {
		p.paragraph("CHOSEN", sentence(l.Chosen))
	}
	for i := range l.Stories {
		p.story(&l.Stories[i], time.Duration(l.TailNS))
	}
	return p.err
}

func (p *printer) story(s *lab.Story, tail time.Duration) {
	p.printf("\nSTORY   case %s, host %s, policy %s, event %s at %s\n", s.Case, s.Host, s.Policy, s.Event, p.clock(s.Cut))
	p.subject(s)
	p.printf("\n")
	happened := true
	for i := range s.Facts {
		f := &s.Facts[i]
		if happened && !f.Happened {
			p.printf("%*s%s without the event there would have come:\n", p.factIndent()-2, "", p.glyph("─────", "-----"))
		}
		happened = f.Happened
		p.fact(f)
	}
	if happened {
		p.printf("%*s%s without it nothing more would have happened to the block in the next %s\n", p.factIndent()-2, "", p.glyph("─────", "-----"), tail)
	}
	p.printf("\n")
	p.paragraph("PROMISE", sentence(s.Promise))
	for i := range s.Groups {
		label := ""
		if i == 0 {
			label = "FATE"
		}
		p.paragraph(label, p.fate(s, &s.Groups[i]))
	}
	if s.Shorn != nil {
		p.paragraph("SHORN", fmt.Sprintf("The command is there in part: %d blocks hold it or newer, %d hold what was before, %d are spoilt.", s.Shorn.New, s.Shorn.Old, s.Shorn.Spoilt))
	}
	p.saving(s, tail)
}

// subject prints which block the story is of, and what else it stands for.
func (p *printer) subject(s *lab.Story) {
	if s.Subject.Kind == "lba" {
		return
	}
	p.printf("        %s\n", s.Subject.Name)
	for _, part := range s.Subject.Parts {
		p.printf("        %s: LBA %d, %d blocks\n", part.What, part.LBA, part.Blocks)
	}
	p.printf("        told of LBA %d (%s), the first of the blocks that fared worst\n", s.LBA, s.Part)
}

// factIndent is where the text of a fact begins.
func (p *printer) factIndent() int {
	if p.o.Verbose {
		return 22
	}
	return 19
}

// marks are the glyphs of facts: what moves, what a cache holds, what is
// acknowledged, what the medium does, what is lost.
var marks = map[string][2]string{
	"write-issued": {"→", ">"}, "write-at-driver": {"→", ">"}, "write-at-target": {"→", ">"},
	"cache-held": {"▣", "#"}, "member-held": {"▣", "#"}, "cache-restored": {"▣", "#"},
	"write-acknowledged": {"✓", "+"}, "flush-ended": {"✓", "+"},
	"pass-begun": {"◐", "o"}, "pass-ended": {"●", "@"}, "cache-cleaned": {"●", "@"}, "prefilled": {"●", "@"},
	"write-failed": {"✕", "x"}, "flush-failed": {"✕", "x"}, "write-shirked": {"✕", "x"}, "flush-stopped": {"✕", "x"}, "cache-dropped": {"✕", "x"},
	"event": {"↯", "!"},
}

// fact prints a line of a life.
func (p *printer) fact(f *lab.LifeFact) {
	indent := p.factIndent()
	mark, ok := marks[f.What]
	if !ok {
		mark = [2]string{"·", "."}
	}
	line := f.Text
	if !f.Happened && !p.o.Color {
		line = "not happened: " + line
	}
	for i, part := range wrap(line, max(p.o.width()-indent, 20)) {
		at, glyph := p.clock(f.AtNS), p.glyph(mark[0], mark[1])
		if i > 0 {
			at, glyph = "", " "
		}
		switch {
		case !f.Happened && p.o.Color:
			part = text.Colors{text.Faint, text.CrossedOut}.Sprint(part)
		case f.What == "event" && p.o.Color:
			part = text.Colors{text.Bold}.Sprint(part)
		}
		p.printf("%*s  %s %s\n", indent-4, at, glyph, part)
	}
}

func (p *printer) glyph(glyph, ascii string) string {
	if p.o.ASCII {
		return ascii
	}
	return glyph
}

// clock is a time of a life; Verbose is to the nanosecond, as --cut takes it.
func (p *printer) clock(ns int64) string {
	if p.o.Verbose {
		return fmt.Sprintf("%d.%09d s", ns/1e9, ns%1e9)
	}
	return sim.Time(ns).String()
}

// brief is a duration to the microsecond.
func brief(ns int64) string { return time.Duration(ns).Round(time.Microsecond).String() }

// exact is a time of a life to the nanosecond, as --cut takes it.
func exact(ns int64) string { return time.Duration(ns).String() }

// lifeClasses are the classes in words.
var lifeClasses = map[string]string{
	"violation":      "a promise was broken",
	"permitted-loss": "acknowledged and lost, which the contract permits, for nothing was promised",
	"collateral":     "collateral: an older promised version was destroyed by a later write in flight",
	"in-flight":      "never acknowledged, so nobody was told that it is written",
}

// fate is the end of a group of blocks in a sentence.
func (p *printer) fate(s *lab.Story, g *lab.LifeGroup) string {
	who := "The block"
	if g.Blocks > 1 || len(s.Groups) > 1 || s.Subject.Kind != "lba" {
		who = fmt.Sprintf("%d blocks (%s), the first at LBA %d", g.Blocks, g.Part, g.LBA)
	}
	if !g.Lost {
		t := fmt.Sprintf("%s %s: kept; nothing acknowledged is lost.", p.glyph("●", "ok"), who)
		if !g.Written {
			t = fmt.Sprintf("%s %s: not written by the case, or not yet.", p.glyph("·", "-"), who)
		}
		if g.Kept != "" {
			t += " " + sentence(g.Kept)
		}
		return t
	}
	how := "lost"
	switch {
	case g.Class == "in-flight":
		how = "not there"
	case g.AgeNS > 0:
		how += ", " + brief(g.AgeNS) + " after GOOD"
	}
	t := fmt.Sprintf("%s %s: %s; %s. A read finds %s.", p.glyph("✕", "LOST"), who, how, lifeClasses[g.Class], readsWords[g.Reads])
	if g.Text != "" {
		t += fmt.Sprintf(" Cause: %s (%s).", g.Text, g.Layer)
	}
	if g.Taken != "" {
		t += " Taken by: " + g.Taken + "."
	}
	return t
}

var readsWords = map[string]string{"torn": "a torn block", "garbage": "garbage", "unreadable": "nothing: MEDIUM ERROR",
	"zeros": "zeros", "old": "older content", "newest": "the content that was acknowledged last"}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" || strings.HasPrefix(s, "#") {
		return s + "."
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// saving prints what would have kept the block, and what would not.
func (p *printer) saving(s *lab.Story, tail time.Duration) {
	v := s.Saving
	if v == nil {
		return
	}
	var kept, lost []string
	say := func(saved bool, text string) {
		if saved {
			kept = append(kept, text)
		} else {
			lost = append(lost, text)
		}
	}
	if v.Later == nil {
		say(false, fmt.Sprintf("a later cut, up to %s after the event: nothing would have brought it to the medium by then", tail))
	} else {
		say(v.Later.Kept, fmt.Sprintf("a cut at %s: by then a destage because of %s has brought it to the medium", exact(v.Later.AtNS), v.Later.Why))
	}
	for i, o := range v.Policies {
		alike := func(p lab.OtherFate) bool { return p.Word == o.Word }
		if slices.IndexFunc(v.Policies, alike) < i {
			continue
		}
		var under []string
		for _, p := range v.Policies {
			if alike(p) {
				under = append(under, p.Policy)
			}
		}
		text := "the same cut under " + list(under)
		if o.Word != "kept" {
			text += ": " + o.Word
		}
		say(o.Kept, text)
	}
	if f := v.Flush; f != nil {
		text := fmt.Sprintf("one flush, %s, directly behind %s", f.Call, f.Behind)
		switch {
		case !f.Came:
			text += ": " + f.Word
		case f.Kept:
			text += ": it takes " + brief(f.TookNS)
		default:
			text += ": it takes " + brief(f.TookNS) + "; " + f.Word
		}
		say(f.Kept, text)
	}
	for _, l := range []struct {
		label string
		items []string
	}{{"SAVED BY", kept}, {"NOT BY", lost}} {
		for i, item := range l.items {
			if i > 0 {
				l.label = ""
			}
			p.item(l.label, item)
		}
	}
	p.paragraph("", "Each of these is a run of its own, from the start.")
}
