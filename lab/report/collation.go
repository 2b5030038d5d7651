package report

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// listed is a directory as ls -a would find it.
var listed = []string{".", "..", ".DS_Store", ".fseventsd", "alpha", "Beta", "影片", "備份說明.txt"}

// ordering is one way to sort the names.
type ordering struct {
	title   string
	compare func(a, b string) int
}

// orderings are the ways that a C library may take: strcmp, strcmp with a signed
// char, and a table of weights for a language.
func orderings() []ordering {
	taiwan := collate.New(language.TraditionalChinese)
	return []ordering{
		{"unsigned bytes (LANG=C)", strings.Compare},
		{"signed bytes", compareSigned},
		{"zh-Hant collation", taiwan.CompareString},
	}
}

// Collation prints one list of names in three orders, among them the one of the
// forum post, and says what decides between them: it is not I/O.
func Collation(w io.Writer, o Options) error {
	p := &printer{w: w, o: o}
	p.printf("tbraid  the same names three times, sorted as ls -al may sort them\n\n")
	p.orderings(orderings())
	p.printf("\n")
	p.paragraph("WHY", `ls compares all names, "." and ".." included, with strcoll() (Apple file_cmds, ls/cmp.c), `+
		"so the order is that of LC_COLLATE in the environment of the process. The directory has been read by then: "+
		"no SCSI command differs, and no driver sees the order.")
	p.paragraph("POST", `It lists names in Chinese characters before ".": the order of signed bytes. In UTF-8 such a name `+
		`begins with a byte of 0xE3 or more, which is negative as a signed char, and so below "." (0x2E). Other rules can give this `+
		"order too; which one was at work there is not known. Listing with LC_ALL=C under both drivers would tell.")
	p.paragraph("NOT", "The driver. All that it could do to a directory is to damage its blocks, and that breaks or loses names: "+
		"it does not sort them.")
	return p.err
}

// orderings prints the sorted lists side by side.
func (p *printer) orderings(all []ordering) {
	t := table.NewWriter()
	t.SetStyle(p.style())
	rows := make([]table.Row, len(listed))
	var head table.Row
	for _, o := range all {
		head = append(head, o.title)
		for i, name := range slices.SortedFunc(slices.Values(listed), o.compare) {
			rows[i] = append(rows[i], name)
		}
	}
	t.AppendHeader(head)
	t.AppendRows(rows)
	for _, line := range trim(strings.Split(t.Render(), "\n")) {
		p.printf("%s\n", line)
	}
}

// compareSigned is strcmp as it comes out if char is signed and nobody converts:
// bytes from 0x80 up are negative, and so also below the NUL at the end.
func compareSigned(a, b string) int {
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(signed(a, i), signed(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

// signed is byte i of a C string.
func signed(s string, i int) int8 {
	if i >= len(s) {
		return 0
	}
	return int8(s[i])
}
