package host

import (
	"tbraid/host/workload"
	"tbraid/internal/block"
)

// transferBlocks is the most blocks of one READ or WRITE that is one segment of
// memory: the block driver's own maximum, and the bytes that the controller's
// registry properties declare.
func (p *Profile) transferBlocks() uint64 {
	n := max(p.MaxBlocks, 1)
	if p.MaxBytes > 0 {
		n = min(n, max(p.MaxBytes/block.Size, 1))
	}
	return n
}

// rawBlocks is the same for a transfer from a program's own buffer, of which each
// page is a segment: IOBlockStorageDriver splits at the declared number of them.
func (p *Profile) rawBlocks() uint64 {
	return min(p.transferBlocks(), uint64(max(p.MaxSegments, 1))*p.Page/block.Size)
}

// Limits is what the host lets through at once, for the sentences that explain a
// command line.
func (p *Profile) Limits() workload.Limits {
	return workload.Limits{
		Host: p.Name, PageBytes: p.Page, AsyncWrites: p.AsyncWrites,
		RawBytes: p.rawBlocks() * block.Size, ClusterBytes: min(clusterBytes, p.transferBlocks()*block.Size),
	}
}
