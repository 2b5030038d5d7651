package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tbraid/lab"
)

// decoded is the result as a reader of its JSON has it.
func decoded(t *testing.T, r *lab.Result) (text []byte, back *lab.Result, tree map[string]any) {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b.Bytes()))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), back, tree
}

// Every cell of the CSV is the value that the JSON has by the same name; what one
// has empty the other does not have, or as a zero.
func TestParity_CSVAndJSON(t *testing.T) {
	_, _, tree := decoded(t, forum())
	var b bytes.Buffer
	if err := CSV(&b, forum()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head, rows := rows[0], rows[1:]
	next := 0
	for _, run := range slices.Concat(tree["runs"].([]any), tree["controls"].([]any)) {
		tools, _ := run.(map[string]any)["tools"].([]any)
		for k := range max(len(tools), 1) {
			var tool any
			if k < len(tools) {
				tool = tools[k]
			}
			for i, name := range head {
				from, path := run, name
				if rest, ok := strings.CutPrefix(name, "scenario."); ok {
					from, path = tree["scenario"], rest
				}
				if rest, ok := strings.CutPrefix(name, "tools."); ok {
					from, path = tool, rest
				}
				got, want := rows[next][i], jsonAt(from, path)
				if got != want && !(want == "" && (got == "0" || got == "false")) {
					t.Fatalf("row %d: %s is %q, the JSON has %q", next+1, name, got, want)
				}
			}
			next++
		}
	}
	if next != len(rows) {
		t.Errorf("%d rows, the JSON has %d", len(rows), next)
	}
	for _, name := range []string{"case", "policy", "loss.violation_bytes", "throughput_Bps", "tools.line", "tools.latency_ns.p999", "read_after.word"} {
		if !slices.Contains(head, name) {
			t.Errorf("no column %s", name)
		}
	}
}

// jsonAt is a value of decoded JSON by its dotted name; empty if there is none.
func jsonAt(v any, path string) string {
	for _, name := range strings.Split(path, ".") {
		object, _ := v.(map[string]any)
		if v = object[name]; v == nil {
			return ""
		}
	}
	return fmt.Sprint(v)
}

var (
	pageCellForm = regexp.MustCompile(`<td class="(\w+)" data-run="(\d+)"><span class="fate">([^<]*)</span>(?: <span class="rate">([^<]*) MB/s</span>)?`)
	pageJSON     = regexp.MustCompile(`(?s)<script type="application/json" id="result">(.*?)</script>`)
	pageRowForm  = regexp.MustCompile(`<tr><td>([^<]*)</td><td>([^<]*)</td>((?:<td class="number">[^<]*</td>)+)</tr>`)
	pageNumber   = regexp.MustCompile(`<td class="number">([^<]*)</td>`)
)

// The page shows of each run what the text shows, and the result in it is that of
// the JSON.
func TestParity_HTMLAndJSON(t *testing.T) {
	text, back, _ := decoded(t, forum())
	var b bytes.Buffer
	if err := HTML(&b, &Document{Result: forum()}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	var inside, outside any
	embedded := pageJSON.FindStringSubmatch(page)
	if embedded == nil || json.Unmarshal([]byte(embedded[1]), &inside) != nil || json.Unmarshal(text, &outside) != nil {
		t.Fatal("no result in the page")
	}
	if fmt.Sprint(inside) != fmt.Sprint(outside) {
		t.Error("the result in the page is another one")
	}
	shown := map[int]bool{}
	for _, m := range pageCellForm.FindAllStringSubmatch(page, -1) {
		i, _ := strconv.Atoi(m[2])
		run := &back.Runs[i]
		shown[i] = true
		if got, want := html.UnescapeString(m[3]), (Options{}).cell(run); got != want || m[4] != rate(run.Rate) || m[1] != classes[gradeOf(run)] {
			t.Errorf("run %d: %q at %q MB/s, of %s; the JSON has %q at %q, of %s", i, got, m[4], m[1], want, rate(run.Rate), classes[gradeOf(run)])
		}
	}
	if len(shown) != len(back.Runs) {
		t.Errorf("%d runs of %d", len(shown), len(back.Runs))
	}
	rows := pageRowForm.FindAllStringSubmatch(page, -1)
	has := func(run *lab.Run, figures []string) bool {
		return slices.ContainsFunc(rows, func(m []string) bool {
			var cells []string
			for _, n := range pageNumber.FindAllStringSubmatch(m[3], -1) {
				cells = append(cells, html.UnescapeString(n[1]))
			}
			return m[1] == run.Host && slices.Contains(strings.Split(m[2], ", "), run.Policy) && slices.Equal(cells, figures)
		})
	}
	for i := range back.Runs {
		run := &back.Runs[i]
		if !has(run, usageFigures(&run.Usage)) {
			t.Errorf("run %d: no row %q", i, usageFigures(&run.Usage))
		}
		for j := range run.Tools {
			if tool := &run.Tools[j]; tool.StartNS < run.EventNS && !has(run, toolFigures(tool)) {
				t.Errorf("run %d: no row %q", i, toolFigures(tool))
			}
		}
	}
	if len(back.Changes) == 0 {
		t.Error("nothing was tried")
	}
	for i := range back.Changes {
		for _, row := range changeRows(&back.Changes[i]) {
			var cells string
			for k, cell := range row {
				class := ""
				if changeColumns()[k].Number {
					class = ` class="number"`
				}
				cells += fmt.Sprintf("<td%s>%s</td>", class, template.HTMLEscapeString(cell))
			}
			if !strings.Contains(page, cells) {
				t.Errorf("no row %q", row)
			}
		}
	}
	for _, s := range sections(back) {
		for _, it := range s.Items {
			if !strings.Contains(html.UnescapeString(page), it) {
				t.Errorf("the page does not say: %s", it)
			}
		}
	}
}

// The tables of the Markdown show of each run what the text shows.
func TestParity_MarkdownAndJSON(t *testing.T) {
	_, back, _ := decoded(t, forum())
	var b bytes.Buffer
	if err := Markdown(&b, forum()); err != nil {
		t.Fatal(err)
	}
	event, head := "", []string(nil)
	shown := 0
	for _, line := range strings.Split(b.String(), "\n") {
		if rest, ok := strings.CutPrefix(line, "### "); ok {
			event, _, _ = strings.Cut(rest, ": ")
			head = nil
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = html.UnescapeString(strings.TrimSpace(cells[i]))
		}
		switch {
		case !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---"):
		case head == nil:
			head = cells
		default:
			for i, name := range head {
				k := slices.IndexFunc(back.Runs, func(r lab.Run) bool {
					return r.Event == event && r.Case == name && r.Host == cells[0] && r.Policy == cells[1]
				})
				if k < 0 {
					continue
				}
				shown++
				if want := (Options{}).cell(&back.Runs[k]); cells[i] != want {
					t.Errorf("%s: %q, the JSON has %q", line, cells[i], want)
				}
				if i+1 < len(head) && head[i+1] == "MB/s" && cells[i+1] != rate(back.Runs[k].Rate) {
					t.Errorf("%s: %q MB/s, the JSON has %q", line, cells[i+1], rate(back.Runs[k].Rate))
				}
			}
		}
	}
	if shown != len(back.Runs) {
		t.Errorf("%d runs of %d", shown, len(back.Runs))
	}
}

// Names that people choose are text in every form, whatever they hold.
func TestForms_TakeNamesForText(t *testing.T) {
	const nasty = `</script><script>alert(1)</script> "&'|*_ 影片`
	r := &lab.Result{Schema: lab.Schema, Scenario: lab.ScenarioInfo{Name: nasty, Title: nasty, Resolved: json.RawMessage(`{"a":"</script>"}`)},
		Cases: []lab.Named{{Name: nasty}}, Events: []lab.Named{{Name: "box-power", Title: nasty}},
		Runs: []lab.Run{{Case: nasty, Host: nasty, Policy: nasty, Event: "box-power", Tools: []lab.Tool{{Line: nasty}}, ToolError: nasty,
			Steps: []lab.Step{{Kind: "run", Text: nasty, Exit: 1}}, Fates: []lab.Fate{{Blocks: 1, Kept: 512}}}}}
	for _, form := range Forms() {
		if form.MostRuns > 0 || form.Ending == ".ndjson" {
			continue // of records
		}
		var b bytes.Buffer
		if err := form.Write(&b, &Document{Result: r}); err != nil {
			t.Fatalf("%s: %v", form.Ending, err)
		}
		text := b.String()
		switch form.Ending {
		case ".html", ".md", ".svg":
			if strings.Contains(text, "<script>alert") {
				t.Errorf("%s takes a name for markup", form.Ending)
			}
		}
		if !strings.Contains(text, "影片") {
			t.Errorf("%s loses a name", form.Ending)
		}
		if form.Ending == ".html" && strings.Count(text, "</script>") != 1 {
			t.Error("a name ends the element of the result")
		}
	}
}

// The same result makes the same bytes in every form.
func TestForms_AreDeterministic(t *testing.T) {
	for _, form := range Forms() {
		if form.MostRuns > 0 || form.Ending == ".ndjson" {
			continue
		}
		var a, b bytes.Buffer
		if err := form.Write(&a, &Document{Result: forum()}); err != nil {
			t.Fatal(err)
		}
		if err := form.Write(&b, &Document{Result: forum()}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s differs", form.Ending)
		}
	}
}
