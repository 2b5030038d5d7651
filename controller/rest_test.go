package controller

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
)

// diary writes down what the members are asked, and when.
type diary []string

func (d *diary) Passing(now sim.Time, member int, io *disks.IO) {
	*d = append(*d, fmt.Sprintf("%d: member %d op %d %v", now, member, io.Op, io.Extent))
}

func (d *diary) Returning(sim.Time, int, *disks.IO) {}

// A firmware that is not asked while nothing can change what it has said does what one
// does that is asked at each WRITE: the same at the members, and the same answers at
// the same time.
func TestPump_RestChangesNothing(t *testing.T) {
	rested := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		pick := func(all ...time.Duration) time.Duration { return all[r.IntN(len(all))] }
		fw := honest()
		fw.MemberCaches = r.IntN(2) == 0
		fw.Destage = firmware.Destage{HighPercent: 3 + r.IntN(30), Depth: 1 + r.IntN(8), Order: firmware.Order(r.IntN(4)),
			OnRead: r.IntN(3) == 0, OnPressure: r.IntN(3) == 0, Age: pick(0, 20*time.Millisecond), Idle: pick(0, time.Millisecond), Interval: pick(0, 30*time.Millisecond)}
		fw.Destage.LowPercent = r.IntN(fw.Destage.HighPercent)
		if r.IntN(4) == 0 {
			fw.Destage.Rate = firmware.LinearThreshold
		}
		script := r.Uint64()
		play := func(asked bool) (d diary) {
			g := newRig(t, fw, raid5of12)
			g.c.array.Watch(&d)
			s := rand.New(rand.NewPCG(script, 4))
			until := func(at sim.Time) {
				for next, ok := g.k.Next(); ok && next <= at; next, ok = g.k.Next() {
					if asked {
						g.c.stir()
					} else if g.c.rest.pages > 0 {
						rested++
					}
					g.k.Step()
				}
				g.k.RunUntil(at)
			}
			for range 300 {
				until(g.k.Now().Add(time.Duration(s.Int64N(int64(2 * time.Millisecond)))))
				e := block.Extent{Start: block.LBA(s.Uint64N(1 << 16)), Blocks: 1 + s.Uint64N(64)}
				switch n := s.IntN(400); {
				case n < 1:
					g.cutFor(time.Second)
					g.c.pending = nil
				case n < 6:
					g.send(scsi.SyncAll())
				case n < 30:
					g.send(scsi.Read(e))
				default:
					g.send(scsi.Write(e))
				}
			}
			until(g.k.Now().Add(3 * time.Second))
			for _, task := range g.up {
				d = append(d, fmt.Sprintf("version %d: %v", task.Version, task.Status))
			}
			return d
		}
		with, without := play(false), play(true)
		for i := range max(len(with), len(without)) {
			if i >= len(with) || i >= len(without) || with[i] != without[i] {
				t.Fatalf("seed %d, %+v: differs at %d of %d and %d\n%v\n%v", seed, fw.Destage, i, len(with), len(without), with[i:min(i+2, len(with))], without[i:min(i+2, len(without))])
			}
		}
	}
	if rested == 0 {
		t.Error("the firmware was asked each time")
	}
}
