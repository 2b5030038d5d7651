package disks

import (
	"math/bits"
	"time"

	"tbraid/internal/block"
	"tbraid/internal/divisor"
)

// geometry maps addresses to places on the disk. Its one idea is the stream
// time of a block: how long after block 0 its transfer would begin if the whole
// disk were read in one go. Head and cylinder switches are part of it, because
// the tracks are skewed by exactly their times. So a transfer takes the
// difference of two stream times, and the stream time modulo one revolution is
// the angle at which the block lies.
type geometry struct {
	zones       []zone
	zoneOf      []uint16 // of the addresses that share their upper bits, the zone of the first
	zoneShift   uint8    // how many are the lower bits
	surfaces    divisor.Divisor
	cylinders   uint64
	blocks      uint64
	headSwitch  time.Duration
	revolution  period
	perTrack    period // revolution and head switch
	perCylinder period // all tracks, the head switches between and the way to the next
	perZone     period
}

type zone struct {
	first    block.LBA
	end      block.LBA       // the first of the next zone
	cylinder uint64          // the first one of the zone
	sectors  divisor.Divisor // a track
	stream   time.Duration
}

// track is where the arm stands for it.
type track struct{ cylinder, surface uint64 }

// spot is where one block lies. Its transfer begins and ends at these stream
// times; what follows its end may be a switch.
type spot struct {
	track
	begin, end time.Duration
}

// zoneParts is how many entries a table of zones may have: a few for each zone of
// a usual disk, so that most addresses need no further step.
const zoneParts = 1 << 10

// newGeometry lays the capacity out on as few cylinders as hold it: zones of
// equal width, sectors a track falling linearly from the outermost inwards.
func newGeometry(s Spec) geometry {
	g := geometry{
		surfaces:   divisor.New(uint64(s.Surfaces)),
		blocks:     s.Capacity / block.Size,
		headSwitch: s.HeadSwitch,
		revolution: periodOf(time.Minute / time.Duration(s.RPM)),
	}
	g.perTrack = periodOf(g.revolution.length() + g.headSwitch)
	g.perCylinder = periodOf(g.perTrack.times(g.surfaces.By()) - g.headSwitch + s.TrackSwitch)
	var sum uint64 // sectors of one cylinder of each zone
	for i := range s.Zones {
		sum += sectorsOf(s, i) * g.surfaces.By()
	}
	width := max(1, (g.blocks+sum-1)/sum)
	g.perZone = periodOf(g.perCylinder.times(width))
	var first block.LBA
	for i := range s.Zones {
		n := sectorsOf(s, i)
		end := first + block.LBA(width*n*g.surfaces.By())
		g.zones = append(g.zones, zone{first, end, g.cylinders, divisor.New(n), g.perCylinder.times(g.cylinders)})
		first = end
		g.cylinders += width
		if uint64(first) >= g.blocks {
			break
		}
	}
	g.tabulate()
	return g
}

// tabulate makes the table of zones.
func (g *geometry) tabulate() {
	g.zoneShift = uint8(max(0, bits.Len64(g.blocks)-bits.Len(zoneParts-1)))
	zone := 0
	for part := range g.blocks>>g.zoneShift + 1 {
		for zone+1 < len(g.zones) && uint64(g.zones[zone].end) <= part<<g.zoneShift {
			zone++
		}
		g.zoneOf = append(g.zoneOf, uint16(zone))
	}
}

func sectorsOf(s Spec, zone int) uint64 {
	if s.Zones == 1 {
		return uint64(s.OuterSectors)
	}
	return uint64(s.OuterSectors - (s.OuterSectors-s.InnerSectors)*zone/(s.Zones-1))
}

// zoneAt is the zone of the block at a.
func (g *geometry) zoneAt(a block.LBA) *zone {
	i := g.zoneOf[a>>(g.zoneShift&63)] // &63 spares the check for longer shifts
	for g.zones[i].end <= a {
		i++
	}
	return &g.zones[i]
}

// place is the sector and the track of the block at a, and the stream time at
// which the track begins.
func (g *geometry) place(a block.LBA) (z *zone, t track, begin time.Duration, sector uint64) {
	z = g.zoneAt(a)
	row, sector := z.sectors.Split(uint64(a - z.first))
	cylinder, surface := g.surfaces.Split(row)
	return z, track{z.cylinder + cylinder, surface},
		z.stream + g.perCylinder.times(cylinder) + g.perTrack.times(surface), sector
}

// locate finds the block at a.
func (g *geometry) locate(a block.LBA) spot {
	z, t, begin, sector := g.place(a)
	return spot{t, begin + g.turned(z, sector), begin + g.turned(z, sector+1)}
}

// wayOf finds the first and the last block of e, which most often are on one track,
// and the stream times at which the first begins and the last ends.
func (g *geometry) wayOf(e block.Extent) (from, to track, begin, end time.Duration) {
	z, t, stream, sector := g.place(e.Start)
	begin = stream + g.turned(z, sector)
	if sector+e.Blocks <= z.sectors.By() {
		return t, t, begin, stream + g.turned(z, sector+e.Blocks)
	}
	last := g.locate(e.End() - 1)
	return t, last.track, begin, last.end
}

// turned is how long the sectors of a track before the given one take to pass.
func (g *geometry) turned(z *zone, sector uint64) time.Duration {
	return time.Duration(z.sectors.Quotient(sector * g.revolution.By()))
}

// blockAt is the block that passes under the head at a stream time; during a
// switch the one behind it. It is the inverse of locate.
func (g *geometry) blockAt(stream time.Duration) block.LBA {
	i, _ := g.perZone.split(stream)
	z := &g.zones[min(i, uint64(len(g.zones)-1))]
	cylinder, rest := g.perCylinder.split(stream - z.stream)
	surface, _ := g.perTrack.split(rest)
	surface = min(surface, g.surfaces.By()-1)
	rest -= g.perTrack.times(surface)
	// The largest sector whose rounded-down begin is not beyond rest.
	sector := g.revolution.Quotient(uint64(rest+1)*z.sectors.By() - 1)
	track := cylinder*g.surfaces.By() + surface
	return z.first + block.LBA(track*z.sectors.By()+min(sector, z.sectors.By()))
}

// period is a duration into which others are divided.
type period struct{ divisor.Divisor }

func periodOf(d time.Duration) period { return period{divisor.New(uint64(d))} }

func (p period) length() time.Duration { return time.Duration(p.By()) }

// times is so many of the period.
func (p period) times(n uint64) time.Duration { return time.Duration(n * p.By()) }

// split is how often the period goes into d, which must not be negative, and the
// rest.
func (p period) split(d time.Duration) (n uint64, rest time.Duration) {
	n, r := p.Split(uint64(d))
	return n, time.Duration(r)
}
