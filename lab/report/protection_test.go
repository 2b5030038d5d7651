package report

import (
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// preset runs an embedded scenario.
func preset(t *testing.T, name string, sets ...string) *lab.Result {
	t.Helper()
	s, err := configs.Load(name, nil, sets)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Outages of 71 h and 73 h against a hold-up of 72 h, a learn cycle in the middle
// of a dd, and a capacitor that covers half of what is dirty.
func TestProtection_Golden(t *testing.T) {
	for _, name := range []string{"long-outage", "battery", "vault-half"} {
		golden(t, name+".txt", render(t, preset(t, name), Options{Width: 100}))
	}
}

// What the report says in words is what the Result has in numbers.
func TestProtection_Words(t *testing.T) {
	const hour = int64(3600e9)
	run := lab.Run{Case: "dd", Host: "kext", Policy: "p", Event: "box-power/30h", Protection: []lab.Protection{
		{Supply: true, State: "optimal", Mode: "write-back", HoldUpNS: 72 * hour},
		{AtNS: 1500e6, Supply: true, State: "learning", Mode: "write-through", HoldUpNS: 72 * hour, DirtyBytes: 8 << 20},
		{AtNS: 3 * hour, Supply: true, State: "learning", Mode: "write-through"},
		{AtNS: 5 * hour, State: "learning", Mode: "write-through", HoldUpNS: 36 * hour, DirtyBytes: 4096},
		{AtNS: 35 * hour, Supply: true, State: "charging", Mode: "write-through", HoldUpNS: 6 * hour, DirtyBytes: 4096},
		{AtNS: 36*hour + 60e9, Supply: true, State: "failed", Mode: "write-through"},
	}}
	want := "dd, kext with p, box-power/30h: optimal at power-on, hold-up 72h, write-back; " +
		"at 1.5s learning, hold-up 72h, write-through, and 8.00 MiB dirty are destaged; at 3h empty, and charged again; " +
		"at 5h the power goes with 4.00 KiB dirty, hold-up 36h; " +
		"at 35h it is back after 30h with 4.00 KiB of dirty data kept, charging, hold-up 6h; at 36h1m failed, hold-up 0s."
	if got := history(&run); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A scenario of many runs does not bury its verdict.
func TestProtection_ManyRunsAreCut(t *testing.T) {
	r := preset(t, "battery", "policies.protection.fail_after=99h") // so that both policies change
	short, long := string(render(t, r, Options{})), string(render(t, r, Options{Verbose: true}))
	const rest = "2 more runs; -v tells them all."
	if n := strings.Count(short, "optimal at power-on"); n != mostProtections || !strings.Contains(short, rest) {
		t.Errorf("%d runs", n)
	}
	if n := strings.Count(strings.Join(strings.Fields(long), " "), "optimal at power-on"); n != 10 || strings.Contains(long, rest) {
		t.Errorf("-v: %d runs", n)
	}
}
