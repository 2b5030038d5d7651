package diagnose_test

import (
	"testing"

	"tbraid/configs"
	"tbraid/lab/diagnose"
)

func TestTable(t *testing.T) {
	o, err := configs.LoadObservations("forum", nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	tab, err := diagnose.Tabulate(o, "age-destage", diagnose.Options{Told: func(d, _ int) { n = d }})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d runs\n%s", n, tab.Text())
}
