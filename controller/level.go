package controller

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// level follows how many blocks of the cache are dirty, in buckets of time of which
// it keeps the most of each. Their number is bounded: where there would be more,
// they are joined in pairs.
type level struct {
	from  sim.Time
	shift uint // a bucket is 2^shift ns
	at    int  // bucket of the last change
	now   uint64
	most  [levelBuckets]uint64
}

// levelBuckets is what a drawing as wide as a page can show, and levelShift what
// the buckets begin with: together 17 ms.
const (
	levelBuckets = 256
	levelShift   = 16
)

// note says that so many blocks are dirty from now on.
func (l *level) note(now sim.Time, blocks uint64) {
	if blocks == l.now {
		return
	}
	if l.reach(now) && now == l.from+sim.Time(l.at)<<l.shift {
		l.most[l.at] = 0 // what was held until the bucket began, and no longer
	}
	l.now = blocks
	l.most[l.at] = max(l.most[l.at], blocks)
}

// reach goes on to the bucket of now, and tells whether that is another one.
func (l *level) reach(now sim.Time) (other bool) {
	for int64(now-l.from)>>l.shift >= levelBuckets {
		l.halve()
	}
	for to := int(int64(now-l.from) >> l.shift); l.at < to; other = true {
		l.at++
		l.most[l.at] = l.now
	}
	return other
}

// halve joins the buckets in pairs.
func (l *level) halve() {
	for i := 0; i < levelBuckets; i += 2 {
		l.most[i/2] = max(l.most[i], l.most[i+1])
	}
	clear(l.most[levelBuckets/2:])
	l.at /= 2
	l.shift++
}

// DirtyLevel is the most that was dirty in the cache from one instant until that of
// the next in the list, or until it was asked for.
type DirtyLevel struct {
	From  sim.Time
	Bytes uint64
}

// FollowDirty begins to follow the level of the dirty cache.
func (c *Controller) FollowDirty(now sim.Time) {
	c.level = &level{from: now, shift: levelShift}
	c.measure(now)
}

// Dirty is the level of the dirty cache since it has been followed: at most 256
// points, in which every peak is kept.
func (c *Controller) Dirty(now sim.Time) []DirtyLevel {
	if c.level == nil {
		return nil
	}
	l := *c.level
	l.reach(now)
	var all []DirtyLevel
	for i, blocks := range l.most[:l.at+1] {
		bytes := blocks * block.Size
		if n := len(all); n == 0 || all[n-1].Bytes != bytes {
			all = append(all, DirtyLevel{From: l.from + sim.Time(i)<<l.shift, Bytes: bytes})
		}
	}
	return all
}

// measure notes the level, after something has changed it.
func (c *Controller) measure(now sim.Time) {
	if c.level != nil {
		c.level.note(now, c.cache.DirtyBlocks())
	}
}
