package lab

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/power"
)

// blind watches the target and sees nothing: while somebody watches, every hop of
// a task is an event of its own.
type blind struct{}

func (blind) Passing(sim.Time, *sam.Task)   {}
func (blind) Returning(sim.Time, *sam.Task) {}

// Tasks that are foreseen come to the same end at the same time as tasks of which
// every hop is an event: whole scenarios under every event, and the same with the
// event in the middle of things, where what was foreseen has to be taken back.
func TestHops_OneEventEach(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	for _, set := range []string{"events=[restart:kext, box-power]", "events=[cable, controller-reset]", "events=[host-power, firmware-crash]"} {
		s, err := configs.Load("small", nil, []string{set})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range matrix(s, Options{}) {
			hopsAgree(t, p)
			for range 4 { // the tools of this scenario take about so long
				p.cut = power.Cut{At: time.Duration(random.Int64N(int64(40 * time.Millisecond))), Kind: power.FromStart}
				hopsAgree(t, p)
			}
		}
	}
}

// hopsAgree plays a plan in both ways.
func hopsAgree(t *testing.T, p plan) {
	t.Helper()
	ahead, spared := played(t, p)
	p.seen = blind{}
	each, none := played(t, p)
	if spared <= none {
		t.Errorf("%s, cut %v: %d events were spared, and while somebody watches %d", p.title(), p.cut, spared, none)
	}
	a, b := reflect.ValueOf(ahead), reflect.ValueOf(each)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			t.Errorf("%s, cut %v, %s:\nahead of time  %.600s\nhop by hop     %.600s", p.title(), p.cut, a.Type().Field(i).Name, text(x), text(y))
		}
	}
}

func text(v any) []byte {
	s, _ := json.Marshal(v)
	return s
}

func played(t *testing.T, p plan) (r Run, spared uint64) {
	t.Helper()
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	r = w.play()
	return r, w.k.Happened() - w.k.Fired()
}
