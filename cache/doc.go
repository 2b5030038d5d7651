// Package cache is the controller's memory: pages of 4 KiB with a bit and a
// version for each block, the order in which they became dirty, and the gathering
// of stripes for destage. Pages in a row that are alike are held as one span,
// which changes what things cost and nothing that can be seen. It has no clock,
// does no I/O and decides nothing: the controller drives it and the firmware
// policy decides.
//
// A valid block is in one of three states:
//
//	clean     the members hold the same version
//	waiting   dirty, and in no batch
//	flying    dirty, and a batch carries this very version to the members
//
// A WRITE makes a block waiting whatever it was before; Gather makes the waiting
// blocks of one stripe flying; Clean and Redirty end the flight. A block
// overwritten in flight is waiting again while the batch still carries its older
// version, so a page remembers for itself which blocks are carried.
//
// Clean pages can be evicted, in the order of a policy of package replace. Only
// LRU is sure not to evict a page of the very extent that is being filled.
//
// What an operation costs: a span is found by one probe of a hash table, by its
// line of 256 KiB, and never reaches beyond that. Write, Fill and Lookup pay that
// for each span in the extent, Gather, Clean and Redirty for each span of the
// batch, and the choosers and Stats pay nothing that grows with the cache. A
// stream of large WRITEs makes a span of each line in each stripe; what is written or read in
// part is a span of its own from then on, down to single pages. Tables and slabs
// grow with the high-water mark of spans in use and never shrink, so a large cache
// that is little used costs little, and a cache that has once been as full as it
// gets allocates nothing.
package cache
