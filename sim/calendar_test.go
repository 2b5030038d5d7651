package sim

import "slices"

// calendar is Brown's calendar queue (CACM 31(10), 1988): days of a width taken
// from the events near the front, twice or half as many as the queue grows.
type calendar struct {
	n      int
	days   [][]entry // each descending
	width  Time
	day    int
	until  Time // end of the day
	cached int  // day of the next event, -1 unknown
}

func (c *calendar) len() int { return c.n }

func (c *calendar) push(e entry) {
	if c.days == nil {
		c.resize(4, 1000, e.At)
	}
	c.insert(e)
	c.n++
	if e.At < c.until-c.width { // before the day that the search has come to
		c.day = int(e.At/c.width) & (len(c.days) - 1)
		c.until = (e.At/c.width + 1) * c.width
	}
	c.cached = -1
	if c.n > 2*len(c.days) {
		c.rebuild(2 * len(c.days))
	}
}

func (c *calendar) insert(e entry) {
	d := &c.days[int(e.At/c.width)&(len(c.days)-1)]
	q := append(*d, e)
	i := len(q) - 1
	for i > 0 && q[i-1].At <= e.At {
		q[i] = q[i-1]
		i--
	}
	q[i] = e
	*d = q
}

func (c *calendar) find() int {
	if c.cached >= 0 {
		return c.cached
	}
	day, until := c.day, c.until
	for range c.days {
		if d := c.days[day]; len(d) > 0 && d[len(d)-1].At < until {
			c.day, c.until, c.cached = day, until, day
			return day
		}
		day = (day + 1) & (len(c.days) - 1)
		until += c.width
	}
	best := -1
	for i, d := range c.days { // a year without an event
		if len(d) > 0 && (best < 0 || d[len(d)-1].At < c.days[best][len(c.days[best])-1].At) {
			best = i
		}
	}
	at := c.days[best][len(c.days[best])-1].At
	c.day, c.until, c.cached = best, (at/c.width+1)*c.width, best
	return best
}

func (c *calendar) next() Time {
	if c.n == 0 {
		return Never
	}
	d := c.days[c.find()]
	return d[len(d)-1].At
}

func (c *calendar) pop() entry {
	i := c.find()
	d := c.days[i]
	e := d[len(d)-1]
	c.days[i] = d[:len(d)-1]
	c.n--
	c.cached = -1
	if len(c.days) > 4 && c.n > 0 && c.n < len(c.days)/2 {
		c.rebuild(len(c.days) / 2)
	}
	return e
}

func (c *calendar) resize(days int, width, at Time) {
	c.days, c.width = make([][]entry, days), width
	c.day, c.until, c.cached = int(at/width)&(days-1), (at/width+1)*width, -1
}

func (c *calendar) all() []entry {
	var all []entry
	for _, d := range c.days {
		all = append(all, d...)
	}
	slices.SortFunc(all, order)
	return all
}

func (c *calendar) rebuild(days int) {
	all := c.all()
	width := c.width
	if m := min(len(all), 25); m > 1 { // thrice the mean gap near the front
		width = max(3*(all[m-1].At-all[0].At)/Time(m-1), 1)
	}
	c.resize(days, width, all[0].At)
	for _, e := range all {
		c.insert(e)
	}
}

func (c *calendar) cancel(to Handler) {
	all := c.all()
	if len(all) == 0 {
		return
	}
	c.n = 0
	c.resize(len(c.days), c.width, all[0].At)
	for _, e := range all {
		if e.to != to {
			c.insert(e)
			c.n++
		}
	}
}
