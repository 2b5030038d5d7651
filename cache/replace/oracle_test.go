package replace_test

import (
	"container/list"

	"tbraid/cache/replace"
)

// The policies as their papers print them, with a map and a list for each queue
// and real numbers where the papers have them. Each takes a capacity and returns
// the function that wants a key and says whether it was there.
var oracles = map[replace.Kind]func(capacity int) func(key uint64) bool{
	replace.LRU: lruOracle, replace.CLOCK: clockOracle, replace.TwoQ: twoQOracle,
	replace.ARC:   func(capacity int) func(uint64) bool { return arcOracle(capacity, 1) },
	replace.SIEVE: sieveOracle, replace.S3FIFO: s3FIFOOracle,
}

// queue is a list of keys, the newest in front, with a number for each.
type queue struct {
	l    *list.List
	at   map[uint64]*list.Element
	uses map[uint64]int
}

func newQueue() *queue {
	return &queue{list.New(), map[uint64]*list.Element{}, map[uint64]int{}}
}

func (q *queue) has(key uint64) bool { return q.at[key] != nil }

func (q *queue) len() int { return q.l.Len() }

func (q *queue) oldest() uint64 { return q.l.Back().Value.(uint64) }

func (q *queue) push(key uint64) { q.at[key] = q.l.PushFront(key) }

func (q *queue) remove(key uint64) {
	q.l.Remove(q.at[key])
	delete(q.at, key)
	delete(q.uses, key)
}

func (q *queue) pop() uint64 {
	key := q.oldest()
	q.remove(key)
	return key
}

func lruOracle(capacity int) func(uint64) bool {
	all := newQueue()
	return func(key uint64) bool {
		hit := all.has(key)
		if hit {
			all.remove(key)
		} else if all.len() == capacity {
			all.pop()
		}
		all.push(key)
		return hit
	}
}

func clockOracle(capacity int) func(uint64) bool {
	all := newQueue()
	return func(key uint64) bool {
		if all.has(key) {
			all.uses[key] = 1
			return true
		}
		if all.len() == capacity {
			for all.uses[all.oldest()] > 0 {
				all.push(all.pop())
			}
			all.pop()
		}
		all.push(key)
		return false
	}
}

func sieveOracle(capacity int) func(uint64) bool {
	all := newQueue()
	var hand *list.Element
	return func(key uint64) bool {
		if all.has(key) {
			all.uses[key] = 1
			return true
		}
		if all.len() == capacity {
			if hand == nil {
				hand = all.l.Back()
			}
			for all.uses[hand.Value.(uint64)] == 1 {
				all.uses[hand.Value.(uint64)] = 0
				if hand = hand.Prev(); hand == nil {
					hand = all.l.Back()
				}
			}
			victim := hand.Value.(uint64)
			hand = hand.Prev()
			all.remove(victim)
		}
		all.push(key)
		return false
	}
}

func twoQOracle(capacity int) func(uint64) bool {
	in, out, am := newQueue(), newQueue(), newQueue()
	return func(key uint64) bool {
		switch {
		case am.has(key):
			am.remove(key)
			am.push(key)
			return true
		case in.has(key):
			return true
		}
		wantedAgain := out.has(key)
		if wantedAgain {
			out.remove(key)
		}
		if in.len()+am.len() == capacity {
			if in.len() > capacity/4 || am.len() == 0 {
				out.push(in.pop())
				if out.len() > capacity/2 {
					out.pop()
				}
			} else {
				am.pop()
			}
		}
		if wantedAgain {
			am.push(key)
		} else {
			in.push(key)
		}
		return false
	}
}

// arcOracle moves the target of T1 by 1/unit of what the paper says.
func arcOracle(capacity int, unit float64) func(uint64) bool {
	t1, t2, b1, b2 := newQueue(), newQueue(), newQueue(), newQueue()
	p, c := 0.0, float64(capacity)
	replace := func(inB2 bool) {
		if n := float64(t1.len()); t1.len() > 0 && (n > p || inB2 && n == p) {
			b1.push(t1.pop())
		} else {
			b2.push(t2.pop())
		}
	}
	return func(key uint64) bool {
		switch {
		case t1.has(key), t2.has(key): // case I
			if t1.has(key) {
				t1.remove(key)
			} else {
				t2.remove(key)
			}
			t2.push(key)
			return true
		case b1.has(key): // case II
			p = min(c, p+max(float64(b2.len())/float64(b1.len()), 1)/unit)
			replace(false)
			b1.remove(key)
			t2.push(key)
			return false
		case b2.has(key): // case III
			p = max(0, p-max(float64(b1.len())/float64(b2.len()), 1)/unit)
			replace(true)
			b2.remove(key)
			t2.push(key)
			return false
		}
		if t1.len()+b1.len() == capacity { // case IV
			if t1.len() < capacity {
				b1.pop()
				replace(false)
			} else {
				t1.pop()
			}
		} else if all := t1.len() + t2.len() + b1.len() + b2.len(); all >= capacity {
			if all == 2*capacity {
				b2.pop()
			}
			replace(false)
		}
		t1.push(key)
		return false
	}
}

func s3FIFOOracle(capacity int) func(uint64) bool {
	small, big, ghost := newQueue(), newQueue(), newQueue()
	evictSmall := func() bool {
		for small.len() > 0 {
			used := small.uses[small.oldest()]
			key := small.pop()
			if used <= 1 {
				ghost.push(key)
				if ghost.len() > capacity-capacity/10 {
					ghost.pop()
				}
				return true
			}
			big.push(key)
		}
		return false
	}
	evictBig := func() bool {
		for big.len() > 0 {
			used := big.uses[big.oldest()]
			key := big.pop()
			if used == 0 {
				return true
			}
			big.push(key)
			big.uses[key] = used - 1
		}
		return false
	}
	return func(key uint64) bool {
		for _, q := range []*queue{small, big} {
			if q.has(key) {
				q.uses[key] = min(q.uses[key]+1, 3)
				return true
			}
		}
		wantedAgain := ghost.has(key)
		if wantedAgain {
			ghost.remove(key)
		}
		for evicted := small.len()+big.len() < capacity; !evicted; {
			if small.len() >= capacity/10 && small.len() > 0 {
				evicted = evictSmall()
			} else {
				evicted = evictBig()
			}
		}
		if wantedAgain {
			big.push(key)
		} else {
			small.push(key)
		}
		return false
	}
}
