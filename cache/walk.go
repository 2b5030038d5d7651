package cache

import "tbraid/internal/block"

// PageBlocks is the number of logical blocks in a page of 4 KiB.
const PageBlocks = 8

// linePages is the number of pages in a line, an aligned part of the volume: 256
// KiB, because a word has a bit for each page then.
const linePages = 64

// piece is a part of a line: whole pages, or some blocks of one page, or none.
type piece struct {
	first, end uint64 // pages
	mask       uint8  // of the blocks of each
}

// walk goes through an extent piece by piece, see Cache.step.
type walk struct{ at, end block.LBA }

func over(e block.Extent) walk { return walk{e.Start, e.End()} }

// overPages is a walk through the whole of every page that e touches.
func overPages(e block.Extent) walk {
	w := over(e)
	w.at &^= PageBlocks - 1
	if n := w.end % PageBlocks; n != 0 {
		w.end += PageBlocks - n
	}
	return w
}

// more tells whether there is another piece.
func (w *walk) more() bool { return w.at < w.end }

// resume goes back to a page within the piece that came last.
func (w *walk) resume(page uint64) { w.at = block.LBA(page * PageBlocks) }

// step is the next piece of a walk, of which there is one more. All its pages lie in
// span i or, if i is 0, in none.
func (c *Cache) step(w *walk) (i uint32, p piece) {
	page, end, mask := uint64(w.at/PageBlocks), uint64(w.end/PageBlocks), uint8(whole)
	if w.at%PageBlocks != 0 || w.end-w.at < PageBlocks {
		end, mask = page+1, w.share()
	} else {
		end = min(end, page|(linePages-1)+1)
	}
	i = c.lines.table.cells[c.cellOf(page/linePages)].slot
	if i >= isDirectory {
		i, end = c.lines.directories[i-isDirectory].near(page, end)
	}
	switch s := &c.spans[i]; { // slot 0 has no pages
	case page < s.first:
		i, end = 0, min(end, s.first)
	case page < s.end():
		end = min(end, s.end())
	default:
		i = 0
	}
	w.at = min(w.end, block.LBA(end*PageBlocks))
	return i, piece{page, end, mask}
}

// share is the mask of the blocks that the walk has of the page where it is.
func (w *walk) share() uint8 {
	lo := w.at % PageBlocks
	return uint8((1<<min(PageBlocks, lo+(w.end-w.at)) - 1) &^ (1<<lo - 1))
}

func (p *piece) pages() int { return int(p.end - p.first) }

// extent is where whole pages lie.
func (p *piece) extent() block.Extent { return pagesExtent(p.first, p.pages()) }

// block is where block k of its one page lies.
func (p *piece) block(k int) block.Extent {
	return block.Extent{Start: block.LBA(p.first*PageBlocks) + block.LBA(k), Blocks: 1}
}

// pagesOf is the number of pages that e touches.
func pagesOf(e block.Extent) uint64 {
	if e.Empty() {
		return 0
	}
	return uint64((e.End()-1)/PageBlocks-e.Start/PageBlocks) + 1
}

// pagesExtent is where n pages lie.
func pagesExtent(first uint64, n int) block.Extent {
	return block.Extent{Start: block.LBA(first * PageBlocks), Blocks: uint64(n) * PageBlocks}
}
