package disks

import (
	"time"

	"tbraid/internal/block"
)

// geometry maps addresses to places on the disk. Its one idea is the stream
// time of a block: how long after block 0 its transfer would begin if the whole
// disk were read in one go. Head and cylinder switches are part of it, because
// the tracks are skewed by exactly their times. So a transfer takes the
// difference of two stream times, and the stream time modulo one revolution is
// the angle at which the block lies.
type geometry struct {
	zones       []zone
	surfaces    uint64
	cylinders   uint64
	blocks      uint64
	revolution  time.Duration
	headSwitch  time.Duration
	perTrack    time.Duration // revolution and head switch
	perCylinder time.Duration // all tracks, the head switches between and the way to the next
}

type zone struct {
	first    block.LBA
	cylinder uint64 // the first one of the zone
	sectors  uint64 // a track
	stream   time.Duration
}

// spot is where one block lies.
type spot struct {
	cylinder, surface uint64
	stream            time.Duration
}

// newGeometry lays the capacity out on as few cylinders as hold it: zones of
// equal width, sectors a track falling linearly from the outermost inwards.
func newGeometry(s Spec) geometry {
	g := geometry{
		surfaces:   uint64(s.Surfaces),
		blocks:     s.Capacity / block.Size,
		revolution: time.Minute / time.Duration(s.RPM),
		headSwitch: s.HeadSwitch,
	}
	g.perTrack = g.revolution + g.headSwitch
	g.perCylinder = time.Duration(g.surfaces)*g.revolution +
		time.Duration(g.surfaces-1)*g.headSwitch + s.TrackSwitch
	var sum uint64 // sectors of one track of each zone
	for i := range s.Zones {
		sum += sectorsOf(s, i)
	}
	width := max(1, (g.blocks+sum*g.surfaces-1)/(sum*g.surfaces))
	var first block.LBA
	for i := range s.Zones {
		n := sectorsOf(s, i)
		g.zones = append(g.zones, zone{first, g.cylinders, n, time.Duration(g.cylinders) * g.perCylinder})
		first += block.LBA(width * n * g.surfaces)
		g.cylinders += width
		if uint64(first) >= g.blocks {
			break
		}
	}
	return g
}

func sectorsOf(s Spec, zone int) uint64 {
	if s.Zones == 1 {
		return uint64(s.OuterSectors)
	}
	return uint64(s.OuterSectors - (s.OuterSectors-s.InnerSectors)*zone/(s.Zones-1))
}

// locate finds the block at a.
func (g *geometry) locate(a block.LBA) spot {
	z, cylinder, surface, sector := g.place(a)
	return spot{cylinder, surface, z.stream +
		time.Duration(cylinder-z.cylinder)*g.perCylinder +
		time.Duration(surface)*g.perTrack +
		time.Duration(sector)*g.revolution/time.Duration(z.sectors)}
}

// passed is the stream time at which the last block before end has passed under
// the head; what follows it may be a switch.
func (g *geometry) passed(end block.LBA) time.Duration {
	z, cylinder, surface, sector := g.place(end - 1)
	return z.stream + time.Duration(cylinder-z.cylinder)*g.perCylinder +
		time.Duration(surface)*g.perTrack +
		time.Duration(sector+1)*g.revolution/time.Duration(z.sectors)
}

func (g *geometry) place(a block.LBA) (z *zone, cylinder, surface, sector uint64) {
	lo, hi := 0, len(g.zones)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; g.zones[mid].first <= a {
			lo = mid
		} else {
			hi = mid
		}
	}
	z = &g.zones[lo]
	track, sector := uint64(a-z.first)/z.sectors, uint64(a-z.first)%z.sectors
	return z, z.cylinder + track/g.surfaces, track % g.surfaces, sector
}

// blockAt is the block that passes under the head at a stream time; during a
// switch the one behind it. It is the inverse of locate.
func (g *geometry) blockAt(stream time.Duration) block.LBA {
	lo, hi := 0, len(g.zones)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; g.zones[mid].stream <= stream {
			lo = mid
		} else {
			hi = mid
		}
	}
	z := &g.zones[lo]
	cylinder, rest := (stream-z.stream)/g.perCylinder, (stream-z.stream)%g.perCylinder
	surface := min(uint64(rest/g.perTrack), g.surfaces-1)
	rest -= time.Duration(surface) * g.perTrack
	// The largest sector whose rounded-down begin is not beyond rest.
	sector := (uint64(rest+1)*z.sectors - 1) / uint64(g.revolution)
	track := uint64(cylinder)*g.surfaces + surface
	return z.first + block.LBA(track*z.sectors+min(sector, z.sectors))
}
