package replace

// Cache is a set of keys of bounded size under a policy: the oldest model of a
// cache there is, for measuring policies by themselves.
type Cache struct {
	policy   Policy
	index    table
	capacity int
}

// NewCache returns an empty cache for capacity keys, 1 to 2^31-1.
func NewCache(k Kind, capacity int) *Cache {
	return &Cache{policy: New(k, capacity), index: newTable(capacity), capacity: capacity}
}

// Access wants a key, and reports whether it was there. After a miss it is.
func (c *Cache) Access(key uint64) (hit bool) {
	if slot := c.index.get(key); slot != 0 {
		c.policy.Touch(slot)
		return true
	}
	c.policy.Miss(key)
	slot := uint32(c.index.count + 1)
	if c.index.count == c.capacity {
		slot, _ = c.policy.Evict(1)
		c.index.remove(slot)
	}
	c.index.put(key, slot)
	c.policy.Insert(slot, key)
	return false
}
