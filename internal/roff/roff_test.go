package roff

import (
	"os/exec"
	"strings"
	"testing"
)

// sample has everything that roff would take for its own.
func sample() *Page {
	p := New("tbraid-x", 7, "a page for tests", "Manual of tbraid")
	p.Section("WORDS")
	p.Text("One paragraph\n.with a dot, a \\ and 'quotes'.\n\nAnother `one` ^ ~, --flag.\n\n  tbraid run 'a b'\n    .deeper\n")
	p.Define("--set PATH=VALUE", ".as it says \"here\"")
	p.Subsection(`of "quotes"`)
	p.Example("'x'\n\ny")
	return p
}

func TestPage(t *testing.T) {
	const want = `.TH "TBRAID\-X" "7" "" "tbraid" "Manual of tbraid"
.SH "NAME"
tbraid\-x \- a page for tests
.SH "WORDS"
.PP
One paragraph
\&.with a dot, a \e and \(aqquotes\(aq.
.PP
Another \(gaone\(ga \(ha \(ti, \-\-flag.
.PP
.RS "2"
.EX
tbraid run \(aqa b\(aq
  .deeper
.EE
.RE
.TP
\fB\-\-set PATH=VALUE\fR
\&.as it says "here"
.SS "of \(dqquotes\(dq"
.PP
.RS "2"
.EX
\(aqx\(aq

y
.EE
.RE
`
	if got := sample().String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// What groff makes of a page has each text in it as it was.
func TestPage_IsReadByGroff(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("there is no groff here")
	}
	c := exec.Command(groff, "-man", "-Tutf8", "-ww", "-P", "-cbou")
	c.Stdin = strings.NewReader(sample().String())
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if err != nil || said.String() != "" {
		t.Fatalf("%v: %s", err, said.String())
	}
	for _, want := range []string{".with a dot, a \\ and 'quotes'.", "Another `one` ^ ~, --flag.", "tbraid run 'a b'\n", "  .deeper\n", "--set PATH=VALUE", `.as it says "here"`} {
		if !strings.Contains(strings.Join(strings.Fields(string(out)), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
