package scsi

import (
	"fmt"
	"strconv"
)

// String prints the command as people read it in a log:
//
//	WRITE(16) lba 64453124936 blocks 128 FUA
//	SYNCHRONIZE CACHE(10) whole volume IMMED
//	INQUIRY EVPD page 83h alloc 252
func (c Command) String() string {
	b := []byte(c.Op.String())
	switch c.Op {
	case RequestSense:
		b = flag(b, c.Desc, "DESC")
		b = number(b, "alloc", uint64(c.Alloc))
	case Inquiry:
		if c.EVPD {
			b = fmt.Appendf(b, " EVPD page %02Xh", c.Page)
		}
		b = number(b, "alloc", uint64(c.Alloc))
	case ModeSelect6, ModeSelect10:
		b = flag(b, c.PF, "PF")
		b = flag(b, c.SP, "SP")
		b = number(b, "list", uint64(c.Alloc))
	case ModeSense6, ModeSense10:
		b = c.appendModeSense(b)
	case StartStopUnit:
		b = c.appendStartStop(b)
	case ServiceActionIn16:
		if c.Service == ReadCapacity16 {
			return "READ CAPACITY(16)"
		}
	case ReportLUNs:
		if c.Select != 0 {
			b = fmt.Appendf(b, " select %02Xh", c.Select)
		}
		b = number(b, "alloc", uint64(c.Alloc))
	case Unmap:
		b = number(b, "list", uint64(c.Alloc))
	}
	if c.Class != ClassOther && c.Class != ClassUnmap {
		b = c.appendBlocks(b)
	}
	return string(b)
}

func (c *Command) appendBlocks(b []byte) []byte {
	toEnd := c.Extent.Empty() && (c.Class == ClassSync || c.Class == ClassWriteSame)
	switch {
	case c.Whole():
		b = append(b, " whole volume"...)
	case toEnd:
		b = append(number(b, "lba", uint64(c.Extent.Start)), " to end"...)
	default:
		b = number(b, "lba", uint64(c.Extent.Start))
		b = number(b, "blocks", c.Extent.Blocks)
	}
	b = flag(b, c.DPO, "DPO")
	b = flag(b, c.FUA, "FUA")
	b = flag(b, c.Immed, "IMMED")
	b = flag(b, c.Unmap, "UNMAP")
	return flag(b, c.NDOB, "NDOB")
}

func (c *Command) appendModeSense(b []byte) []byte {
	b = fmt.Appendf(b, " page %02Xh", c.Page)
	if c.Subpage != 0 {
		b = fmt.Appendf(b, "/%02Xh", c.Subpage)
	}
	b = append(b, [...]string{" current", " changeable", " default", " saved"}[c.PC&3]...)
	b = flag(b, c.DBD, "DBD")
	return number(b, "alloc", uint64(c.Alloc))
}

func (c *Command) appendStartStop(b []byte) []byte {
	switch {
	case c.Power != 0: // START and LOEJ are then ignored (SBC-3, START STOP UNIT)
		b = fmt.Appendf(b, " power condition %Xh", c.Power)
	case c.LoEj && c.Start:
		b = append(b, " load"...)
	case c.LoEj:
		b = append(b, " eject"...)
	case c.Start:
		b = append(b, " start"...)
	default:
		b = append(b, " stop"...)
	}
	b = flag(b, c.NoFlush, "NO_FLUSH")
	return flag(b, c.Immed, "IMMED")
}

func flag(b []byte, set bool, name string) []byte {
	if set {
		b = append(append(b, ' '), name...)
	}
	return b
}

func number(b []byte, name string, n uint64) []byte {
	b = append(append(append(b, ' '), name...), ' ')
	return strconv.AppendUint(b, n, 10)
}
