package diagnose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tbraid/lab/diagnose"
)

const ageing = "age-destage"

// decisions explains every cell in which simulation and study differ.
const decisions = "../../docs/decisions/007-table-of-mechanisms.md"

// The table is what the model says; beside it stands what a study of the sources had
// said. One of the two is wrong where they differ, and the decision says which.
func TestTable(t *testing.T) {
	table, err := diagnose.Tabulate(forum(t), ageing, diagnose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", text(table))
	why := read(t, decisions)
	for _, d := range differing(t, table, read(t, "testdata/study.txt")) {
		if !strings.Contains(why, "| "+d+" |") {
			t.Errorf("not explained in %s: | %s |", decisions, d)
		}
	}
}

// differing lists "M6 E3 | study | model" for the cells that differ.
func differing(t *testing.T, table *diagnose.Table, study string) (all []string) {
	t.Helper()
	var columns []string
	rows := 0
	for _, line := range strings.Split(strings.TrimSpace(study), "\n") {
		fields := strings.Fields(line)
		switch {
		case fields[0] == "#":
		case columns == nil:
			columns = fields
		default:
			rows++
			i := slices.IndexFunc(table.Rows, func(r diagnose.Row) bool { return r.ID == fields[0] })
			if i < 0 || len(fields) != len(columns)+1 {
				t.Fatalf("the study has a bad line: %s", line)
			}
			for c, want := range fields[1:] {
				k := slices.IndexFunc(table.Experiments, func(e diagnose.Column) bool { return e.ID == columns[c] })
				got := strings.ReplaceAll(table.Rows[i].Cells[k], " ", "_")
				if want != "=" && got != want {
					all = append(all, fmt.Sprintf("%s %s | %s | %s", fields[0], columns[c], want, got))
				}
			}
		}
	}
	if rows != len(table.Rows) || len(columns) != len(table.Experiments) {
		t.Errorf("the study has %d rows and %d columns, the table %d and %d", rows, len(columns), len(table.Rows), len(table.Experiments))
	}
	return all
}

// text is the table as the golden file has it.
func text(t *diagnose.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-5s", "")
	for _, c := range t.Experiments {
		fmt.Fprintf(&b, " %-7s", c.ID)
	}
	b.WriteString("\n")
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "%-5s", r.ID)
		for _, c := range r.Cells {
			fmt.Fprintf(&b, " %-7s", c)
		}
		b.WriteString("\n")
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
