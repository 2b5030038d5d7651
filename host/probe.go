package host

import (
	"slices"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
)

// Attach lets the driver start: the SCSI stack probes the target and publishes
// the disk with its partitions. done is called when the disk is there, or with
// false when there is none. The order of commands is that of
// IOSCSIArchitectureModelFamily-139 (2005), the last public one; its 6-byte
// INQUIRY is still seen in 2025 (Apple developer forums, thread 804671).
//
// Attach also serves a disk that comes back: what was mounted from it before is
// gone.
func (s *System) Attach(_ sim.Time, done func(present bool)) {
	s.withdraw()
	s.disk = disk{}
	for _, p := range s.procs {
		if p != nil && p.name == probeName { // of a disk that went away again meanwhile
			p.kill()
		}
	}
	s.script(probeName, func(p *Process) { s.probe(p) }, func() {
		if done != nil {
			done(s.disk.present)
		}
	})
}

const probeName = "probe"

// Present tells whether the disk is there.
func (s *System) Present() bool { return s.disk.present }

func (s *System) probe(p *Process) {
	inquiry, ok := p.inquire()
	if !ok {
		return
	}
	p.vitalPages()
	if !p.hasUnit() {
		return
	}
	p.ask(scsi.Command{Op: scsi.TestUnitReady}, nil)
	pages := p.vitalPages()
	if !p.untilReady() {
		s.complain(device + ": the unit does not become ready.")
		return
	}
	if inquiry, ok = p.inquire(); !ok {
		return
	}
	d := disk{name: inquiry.Vendor + " " + inquiry.Product}
	d.cache = p.writeCache()
	if !p.capacity(&d, inquiry.Version) {
		return
	}
	p.geometry()
	p.protection(&d)
	if slices.Contains(pages, scsi.VPDProvisioning) {
		page, _ := p.vitalPage(scsi.VPDProvisioning)
		provisioning, _ := scsi.ParseProvisioning(page)
		d.unmap = provisioning.Unmap
	}
	d.present = true
	s.disk = d
	s.readMap(p)
}

// inquire asks for 6 bytes, takes the length from them and asks for all. It tries
// up to 8 times, 1 s apart.
func (p *Process) inquire() (scsi.InquiryData, bool) {
	for try := range 8 { // [C] IOSCSIBlockCommandsDevice
		if try > 0 {
			p.Sleep(time.Second)
		}
		head, ok := p.ask(scsi.Command{Op: scsi.Inquiry, Alloc: 6}, nil)
		if !ok {
			continue
		}
		all, ok := p.ask(scsi.Command{Op: scsi.Inquiry, Alloc: uint32(max(scsi.InquiryLength(head), 6))}, nil)
		if !ok {
			continue
		}
		if d, ok := scsi.ParseInquiry(all); ok && d.Peripheral == 0 {
			return d, true
		}
		return scsi.InquiryData{}, false
	}
	return scsi.InquiryData{}, false
}

// vitalPages reads VPD pages 00h, 80h and 83h and returns what 00h lists.
func (p *Process) vitalPages() []uint8 {
	page, _ := p.vitalPage(scsi.VPDSupportedPages)
	list, _ := scsi.ParseVPDPages(page)
	for _, code := range [...]uint8{scsi.VPDSerial, scsi.VPDDeviceID} {
		if slices.Contains(list, code) {
			p.vitalPage(code)
		}
	}
	return list
}

// vitalPage reads the header of a VPD page, then all of it.
func (p *Process) vitalPage(code uint8) ([]byte, bool) {
	plan := scsi.Command{Op: scsi.Inquiry, EVPD: true, Page: code, Alloc: 4}
	head, ok := p.ask(plan, nil)
	if !ok {
		return nil, false
	}
	if plan.Alloc = uint32(scsi.VPDLength(head, code)); plan.Alloc < 4 {
		return nil, false
	}
	return p.ask(plan, nil)
}

// hasUnit asks for the 8-byte header of REPORT LUNS, then for all of it, and looks
// for LUN 0, the one that the model attaches. A target that insists on the least
// allocation length of SPC (16) refuses the header; the stack then tries the unit
// itself, as it does with targets that have no REPORT LUNS.
func (p *Process) hasUnit() bool {
	plan := scsi.Command{Op: scsi.ReportLUNs, Alloc: 8}
	list, ok := p.ask(plan, nil)
	if !ok {
		return true
	}
	if n := reportLUNsLength(list); n > plan.Alloc {
		plan.Alloc = n
		if list, ok = p.ask(plan, nil); !ok {
			return true
		}
	}
	units, ok := scsi.ParseLUNs(nil, list)
	return ok && slices.Contains(units, 0)
}

// reportLUNsLength is the length of the whole answer, from its header.
func reportLUNsLength(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return 8 + uint32(b[0])<<24 + uint32(b[1])<<16 + uint32(b[2])<<8 + uint32(b[3])
}

// readyWait is the pause while a unit becomes ready. [C] IOSCSIBlockCommandsDevice
const readyWait = 200 * time.Millisecond

// readyTries bounds the wait for a unit that becomes ready.
const readyTries = 3000 // ten minutes, the longest start that a box can be given

// untilReady is the block driver's loop of TEST UNIT READY.
func (p *Process) untilReady() bool {
	for range readyTries {
		c := p.s.command(scsi.Command{Op: scsi.TestUnitReady}, p, 0)
		p.run(c, probeTimeout)
		good, sense, failure := c.good(), c.task.Sense, c.task.Failure
		p.s.release(c)
		switch {
		case good:
			return true
		case failure != 0:
			return false
		case sense.Is(scsi.SenseNotReadyBecoming):
			p.Sleep(readyWait)
		case sense.Key == scsi.KeyNotReady && sense.ASC == scsi.SenseNotReadyStart.ASC:
			p.ask(scsi.Command{Op: scsi.StartStopUnit, Start: true}, nil)
			p.Sleep(readyWait)
		default:
			return false
		}
	}
	return false
}

// writeCache reads mode page 08h: the header, then all. The answer counts only if
// exactly what was asked for came and the page is 08h; otherwise the cache is
// unknown, which later means that nothing is ever flushed. If the cache is off
// the driver tries to turn it on.
func (p *Process) writeCache() cacheState {
	page, ok := p.cachingPage()
	if !ok {
		return cacheUnknown
	}
	if page.WCE {
		return cacheOn
	}
	page.WCE = true
	list := scsi.AppendModeList(nil, scsi.ModeSelect6, page.Append(nil))
	_, ok = p.ask(scsi.Command{Op: scsi.ModeSelect6, PF: true, Alloc: uint32(len(list))}, list)
	if !ok {
		return cacheOff
	}
	if page, ok = p.cachingPage(); ok && page.WCE { // what it says now, not what it was told
		return cacheOn
	}
	return cacheOff
}

func (p *Process) cachingPage() (scsi.CachingPage, bool) {
	plan := scsi.Command{Op: scsi.ModeSense6, DBD: true, Page: scsi.PageCaching, Alloc: 4}
	head, ok := p.ask(plan, nil)
	data, parsed := scsi.ParseModeData(plan.Op, head)
	if !ok || !parsed || data.Bytes < 6 || data.Bytes > 0xff {
		return scsi.CachingPage{}, false
	}
	plan.Alloc = uint32(data.Bytes)
	all, ok := p.ask(plan, nil)
	if !ok || len(all) != data.Bytes {
		return scsi.CachingPage{}, false
	}
	data, _ = scsi.ParseModeData(plan.Op, all)
	return scsi.ParseCachingPage(data.Page(scsi.PageCaching))
}

// capacity asks in 10 bytes, and in 16 if that is not enough and the target
// claims SPC-3 or later. One that claims less shows as 2.2 TB.
func (p *Process) capacity(d *disk, ansi uint8) bool {
	p.ask(scsi.Command{Op: scsi.TestUnitReady}, nil)
	short, ok := p.ask(scsi.Command{Op: scsi.ReadCapacity10}, nil)
	c, parsed := scsi.ParseCapacity10(short)
	if !ok || !parsed {
		return false
	}
	if c.Beyond10() && ansi >= scsi.VersionSPC3 {
		plan := scsi.Command{Op: scsi.ServiceActionIn16, Service: scsi.ReadCapacity16, Alloc: 32}
		long, ok := p.ask(plan, nil)
		if wide, parsed := scsi.ParseCapacity16(long); ok && parsed {
			c = wide
		}
	}
	d.blocks = c.Blocks
	return c.BlockBytes == block.Size
}

// geometry asks for the format and rigid disk pages. Nothing depends on them.
func (p *Process) geometry() {
	for _, page := range [...]uint8{scsi.PageFormat, scsi.PageRigidDisk} {
		plan := scsi.Command{Op: scsi.ModeSense10, DBD: true, Page: page, Alloc: 32}
		if _, ok := p.ask(plan, nil); !ok {
			plan.Op = scsi.ModeSense6
			p.ask(plan, nil)
		}
	}
}

// protection reads the write protect and DPOFUA bits of the mode header.
func (p *Process) protection(d *disk) {
	plan := scsi.Command{Op: scsi.ModeSense6, DBD: true, Page: scsi.PageAll, Alloc: 4}
	head, _ := p.ask(plan, nil)
	if data, ok := scsi.ParseModeData(plan.Op, head); ok {
		d.protected, d.fua = data.WriteProtected, data.DPOFUA
	}
}

// readMap reads the partition map: the first blocks, and where they do not hold a
// whole one, the copy at the end.
func (s *System) readMap(p *Process) {
	d := &s.disk
	d.scheme, d.slices = "", nil
	m := s.findMap(p)
	if m == nil {
		return
	}
	d.scheme, d.slices = m.Scheme, slices.Clone(m.Slices)
	for i := range d.slices {
		d.slices[i].Mount = ""
	}
}

func (s *System) findMap(p *Process) *workload.Map {
	last := block.LBA(s.disk.blocks - 1)
	first, _ := p.learn(block.Extent{Start: 0, Blocks: 1}).(*workload.Meaning)
	if first != nil && (first.Kind == workload.MBRTable || first.Kind == workload.AppleMap) {
		return first.Map
	}
	if m := p.pair(1, 2); m != nil {
		return m
	}
	if last < gptTableBlocks+2 {
		return nil
	}
	return p.pair(last, last-gptTableBlocks)
}

// gptTableBlocks is the size of a table of 128 entries (UEFI 2.10, 5.3.1).
const gptTableBlocks = 32

// pair reads a GPT header and its table. They count only if they belong together:
// the header has the CRC of the table.
func (p *Process) pair(header, table block.LBA) *workload.Map {
	h, _ := p.learn(block.Extent{Start: header, Blocks: 1}).(*workload.Meaning)
	if h == nil || h.Kind != workload.GPTHeader {
		return nil
	}
	e := block.Extent{Start: table, Blocks: gptTableBlocks}
	runs, ok := p.look(e)
	if !ok || len(runs) == 0 {
		return nil
	}
	t, _ := p.s.mem.at(runs[0].Version, table).(*workload.Meaning)
	if t == nil || t.Kind != workload.GPTTable || t.Map != h.Map {
		return nil
	}
	for a := e.Start; a < e.End(); a++ { // every block of the table
		if w, _ := p.s.mem.at(versionAt(runs, a), a).(*workload.Meaning); w == nil || w.Map != h.Map {
			return nil
		}
	}
	return h.Map
}

// versionAt is what the block at a holds, according to runs.
func versionAt(runs []block.Run, a block.LBA) block.Version {
	for _, r := range runs {
		if r.Extent.Contains(a) {
			return r.Version
		}
	}
	return 0
}
