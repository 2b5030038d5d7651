package host

import (
	"slices"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// hfs is journaled HFS+ as far as a box can tell: where its structures stand, in
// which order they are written and which flushes stand between them. Structures
// are those of Apple Technical Note TN1150; the catalog keeps its records in the
// order of creation instead of a B-tree.
//
// A transaction is written to the journal, flushed, made valid by the journal
// header, flushed again, and only then written in place, without a flush of its
// own (hfs_journal.c: end_transaction, write_journal_header).
type hfs struct {
	v       *volume
	volume  *workload.Volume // identity of the formatting
	journal block.Extent     // its first block is the journal header
	bitmap  block.Extent
	catalog block.Extent
	head    block.LBA // where the next transaction goes
	live    []placed
	dirty   []bool // by node
}

const (
	nodeBlocks  = 16 // catalog node of 8 KiB (newfs_hfs default)
	nodeRecords = 20 // guess: names of usual length
	jnlHeader   = 8  // block list header of a transaction: 4 KiB

	syncerIdle    = 100 * time.Millisecond // [C] hfs_vfsops.c: metadata syncer, after the last change
	syncerLongest = 5 * time.Second        // [C] and at most so long after the first
)

// What the versions of HFS+ structures mean.
type (
	hfsHeader struct{ volume *workload.Volume }
	// catalogNode has the records of one node. Two nodes of one place differ in
	// their address.
	catalogNode struct {
		volume  *workload.Volume
		index   int
		records []record
	}
	// transaction is what the blocks of the journal say: new content of nodes.
	transaction struct{ nodes []*catalogNode }
	// placed is a transaction with its place in the journal.
	placed struct {
		tx      *transaction
		extents []block.Extent
	}
	// journalHeader says which transactions are valid.
	journalHeader struct {
		volume *workload.Volume
		live   []placed
	}
)

// newHFS lays the structures out on the slice.
func newHFS(v *volume) *hfs {
	h := &hfs{v: v}
	slice := v.slice.Extent
	units := slice.Blocks / allocation
	// newfs_hfs: 8 MiB for each 100 GiB begun, at most 512 MiB. Its least is 512 KiB.
	journal := min(8<<20*(1+slice.Bytes()/(100<<30)), 512<<20, max(slice.Bytes()/16, 512<<10))
	place := func(from block.LBA, bytes uint64) block.Extent {
		return block.Extent{Start: from, Blocks: (bytes + 4095) / 4096 * allocation}
	}
	h.bitmap = place(slice.Start+allocation, units/8)        // behind boot blocks and header; one bit a unit
	h.journal = place(h.bitmap.End()+allocation, journal)    // behind the journal info block
	catalog := min(max(slice.Bytes()/1024, 64<<10), 512<<20) // guess: of the order of CalcHFSPlusBTreeClumpSize
	h.catalog = place(h.journal.End(), catalog)
	h.head = h.journal.Start + allocation
	v.next = h.catalog.End()
	v.end = slice.End() - min(allocation, block.LBA(slice.Blocks)) // the alternate header stands behind it
	return h
}

func (h *hfs) wait() (idle, longest time.Duration) { return syncerIdle, syncerLongest }

func (h *hfs) changed(i int) {
	for len(h.dirty) <= i/nodeRecords {
		h.dirty = append(h.dirty, false)
	}
	h.dirty[i/nodeRecords] = true
}

// node is where catalog node i stands.
func (h *hfs) node(i int) block.Extent {
	return block.Extent{Start: h.catalog.Start + block.LBA(i*nodeBlocks), Blocks: nodeBlocks}
}

// commit runs one transaction.
func (h *hfs) commit(p *Process) {
	tx := &transaction{}
	for i, dirty := range h.dirty {
		if dirty && h.catalog.Covers(h.node(i)) {
			h.dirty[i] = false
			tx.nodes = append(tx.nodes, h.snapshot(i))
		}
	}
	if len(tx.nodes) == 0 {
		return
	}
	if h.volume.Journaled {
		h.log(p, tx)
	}
	h.inPlace(p, tx)
}

// inPlace writes what a transaction changed where it belongs; it is false if the
// disk does not take it.
func (h *hfs) inPlace(p *Process, tx *transaction) bool {
	for _, n := range tx.nodes {
		if !p.put(h.node(n.index), n, false) {
			return false
		}
	}
	first := block.Extent{Start: h.bitmap.Start, Blocks: allocation} // guess: the bits that change share a block
	return p.put(first, nil, false)
}

// log writes the transaction to the journal and makes it valid.
func (h *hfs) log(p *Process, tx *transaction) {
	s := h.v.s
	fua := s.p.UseFUA && s.disk.fua
	at := placed{tx: tx, extents: h.reserve(uint64(jnlHeader + len(tx.nodes)*nodeBlocks + allocation))}
	for _, e := range at.extents {
		p.put(e, tx, fua)
	}
	if !fua {
		h.v.barrier(p, ledger.ByFileSystem)
	}
	h.live = append(h.live, at)
	if len(h.live) > 8 { // guess: transactions whose blocks were written in place long ago have left the journal
		h.live = slices.Delete(h.live, 0, 1)
	}
	p.put(h.headerBlock(), &journalHeader{h.volume, slices.Clone(h.live)}, fua)
	if !fua {
		h.v.barrier(p, ledger.ByFileSystem)
	}
}

func (h *hfs) headerBlock() block.Extent { return block.Extent{Start: h.journal.Start, Blocks: 1} }

// reserve takes room in the journal, which is a ring.
func (h *hfs) reserve(blocks uint64) []block.Extent {
	var at []block.Extent
	first := h.journal.Start + allocation
	blocks = min(blocks, uint64(h.journal.End()-first))
	for blocks > 0 {
		if h.head == h.journal.End() {
			h.head = first
		}
		e := block.Extent{Start: h.head, Blocks: min(blocks, uint64(h.journal.End()-h.head))}
		h.head, blocks = e.End(), blocks-e.Blocks
		at = append(at, e)
	}
	return at
}

func (h *hfs) snapshot(i int) *catalogNode {
	n := &catalogNode{volume: h.volume, index: i}
	for k := i * nodeRecords; k < min((i+1)*nodeRecords, len(h.v.files)); k++ {
		n.records = append(n.records, h.v.files[k].record())
	}
	return n
}

// close writes the volume header, marked as unmounted.
func (h *hfs) close(p *Process) { h.writeHeader(p) }

func (h *hfs) writeHeader(p *Process) {
	at := h.v.slice.Extent.Start + h.volume.HeaderBlock()
	p.put(block.Extent{Start: at, Blocks: 1}, &hfsHeader{h.volume}, false)
}

// load mounts the volume: header, journal replay, catalog.
func (h *hfs) load(p *Process) workload.Errno {
	switch w := h.v.header(p, "hfs").(type) {
	case *hfsHeader:
		h.volume = w.volume
	case *workload.Meaning:
		if w.Kind == workload.VolumeHeader && w.Volume != nil && w.Volume.FileSystem == "hfs" {
			h.volume = w.Volume
		}
	}
	if h.volume == nil {
		return workload.EINVAL
	}
	h.v.name = h.volume.Name
	h.replay(p)
	h.readCatalog(p)
	h.writeHeader(p) // marked as mounted
	if !h.v.s.disk.present {
		return workload.ENXIO
	}
	return workload.OK
}

// replay writes the transactions in place that the journal header calls valid and
// that are whole in the journal, and flushes.
func (h *hfs) replay(p *Process) {
	j, _ := p.learn(h.headerBlock()).(*journalHeader)
	if j == nil || j.volume != h.volume {
		return
	}
	replayed := false
	for _, at := range j.live {
		if !p.intact(at.extents, at.tx) {
			break // the journal ends where a transaction is not whole
		}
		replayed = h.inPlace(p, at.tx) || replayed
		h.head = at.extents[len(at.extents)-1].End()
	}
	if replayed {
		h.v.barrier(p, ledger.ByFileSystem)
	}
}

// intact tells whether every block of the extents still means what.
func (p *Process) intact(extents []block.Extent, what any) bool {
	for _, e := range extents {
		for !e.Empty() {
			piece := block.Extent{Start: e.Start, Blocks: min(e.Blocks, p.s.limit())}
			runs, ok := p.look(piece)
			if !ok || !p.s.mem.means(runs, piece, what) {
				return false
			}
			e = block.Between(piece.End(), e.End())
		}
	}
	return true
}

// readCatalog reads nodes until a whole read of them has none of this volume. The
// files of a node that is lost in between are lost with it.
func (h *hfs) readCatalog(p *Process) {
	perRead := max(int(min(clusterBytes/block.Size, h.v.s.limit()))/nodeBlocks, 1)
	for i := 0; h.catalog.Covers(h.node(i)); i += perRead {
		e := block.Between(h.node(i).Start, min(h.node(i+perRead).Start, h.catalog.End()))
		runs, ok := p.look(e)
		found := false
		for k := i; ok && k < i+perRead && e.Covers(h.node(k)); k++ {
			n, _ := h.v.s.mem.at(versionAt(runs, h.node(k).Start), h.node(k).Start).(*catalogNode)
			if n == nil || n.volume != h.volume || n.index != k || !h.v.s.mem.means(runs, h.node(k), n) {
				continue
			}
			found = true
			for len(h.v.files) < k*nodeRecords {
				h.v.files = append(h.v.files, nil)
			}
			for _, r := range n.records {
				h.v.adopt(r)
			}
		}
		if !found {
			return
		}
	}
}
