package scsi

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func raidBox() *ModeParameters {
	values := ModePages{
		Format:     FormatPage{SectorsPerTrack: 63, SectorBytes: 512},
		RigidDisk:  RigidDiskPage{Cylinders: 1<<24 - 1, Heads: 255, RotationPerMinute: 7200},
		Caching:    CachingPage{WCE: true},
		Control:    ControlPage{QAM: 1},
		Exceptions: ExceptionsPage{MRIE: 2},
	}
	return &ModeParameters{
		DPOFUA: true, Current: values, Default: values,
		Capacity:   Capacity{Blocks: 128906250000, BlockBytes: 512},
		Changeable: ModePages{Caching: CachingPage{WCE: true}, Control: ControlPage{SWP: true, DSense: true}},
	}
}

func sense(op Opcode, page, pc uint8) Command { return Command{Op: op, Page: page, PC: pc, Alloc: 255} }

// macOS asks for 4 bytes, then for all, and wants the code of the page back.
func TestModeSense_CachingPageAsMacOSAsks(t *testing.T) {
	m := raidBox()
	c := sense(ModeSense6, PageCaching, ModeCurrent)
	b, s := m.AppendReply(nil, &c)
	want := "1f 00 10 08 ffffffff 00000200 08 12 04 00000000000000000000000000000000 00"
	if !s.None() || !bytes.Equal(b, unhex(t, want)) {
		t.Fatalf("% x, %v", b, s)
	}
	head, ok := ParseModeData(ModeSense6, Truncate(b, 4))
	if !ok || head.Bytes != len(b) || !head.DPOFUA || head.WriteProtected || head.Page(PageCaching) != nil {
		t.Errorf("header alone: %+v", head)
	}
	all, _ := ParseModeData(ModeSense6, b)
	if p, ok := ParseCachingPage(all.Page(PageCaching)); !ok || p != m.Current.Caching {
		t.Errorf("page: %+v", p)
	}
}

func TestModeSense_AllPagesBothLengths(t *testing.T) {
	m := raidBox()
	m.Current.Control.SWP = true
	for _, op := range []Opcode{ModeSense6, ModeSense10} {
		for _, dbd := range []bool{false, true} {
			c := sense(op, PageAll, ModeCurrent)
			c.DBD, c.Subpage = dbd, SubpageAll
			b, s := m.AppendReply([]byte{0xee}, &c)
			d, ok := ParseModeData(op, b[1:])
			if !s.None() || !ok || d.Bytes != len(b)-1 || !d.WriteProtected || b[0] != 0xee {
				t.Fatalf("%v: %+v, %v", c, d, s)
			}
			order := ""
			for p := d.Pages; len(p) > 0; p = p[2+int(p[1]):] {
				order += fmt.Sprintf("%02x ", p[0])
			}
			if order != "03 04 08 0a 1c " {
				t.Errorf("%v: pages %s", c, order)
			}
			if p, ok := ParseControlPage(d.Page(PageControl)); !ok || p != m.Current.Control {
				t.Errorf("%v: %+v", c, p)
			}
		}
	}
}

func TestModeSense_PageControl(t *testing.T) {
	m := raidBox()
	m.Current.Caching = CachingPage{RCD: true}
	for _, c := range []struct {
		name string
		c    Command
		want CachingPage
		s    Sense
	}{
		{"current", sense(ModeSense6, 8, ModeCurrent), CachingPage{RCD: true}, Sense{}},
		{"changeable", sense(ModeSense6, 8, ModeChangeable), CachingPage{WCE: true}, Sense{}},
		{"default", sense(ModeSense6, 8, ModeDefault), CachingPage{WCE: true}, Sense{}},
		{"saved", sense(ModeSense6, 8, ModeSaved), CachingPage{}, SenseSavingNotSupported},
		{"no such page", sense(ModeSense10, 0x02, ModeCurrent), CachingPage{}, SenseInvalidFieldInCDB.AtCDB(2)},
		{"no such subpage", Command{Op: ModeSense6, Page: 8, Subpage: 1}, CachingPage{}, SenseInvalidFieldInCDB.AtCDB(3)},
	} {
		b, s := m.AppendReply(nil, &c.c)
		if s != c.s || (len(b) > 0) != s.None() {
			t.Errorf("%s: % x, %v", c.name, b, s)
		}
		d, _ := ParseModeData(c.c.Op, b)
		if p, _ := ParseCachingPage(d.Page(PageCaching)); p != c.want {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	m.Saves, m.Saved.Caching = true, CachingPage{NVDis: true}
	c := sense(ModeSense6, 8, ModeSaved)
	b, s := m.AppendReply(nil, &c)
	d, _ := ParseModeData(ModeSense6, b)
	if p, _ := ParseCachingPage(d.Page(PageCaching)); !s.None() || !p.NVDis || d.Pages[0] != 0x88 {
		t.Errorf("saved, with PS: % x, %v", d.Pages, s)
	}
}

func TestModeSelect(t *testing.T) {
	const (
		wceOff   = "08 12 00 000000000000000000000000000000 0000 "
		wcePS    = "88 12 04 000000000000000000000000000000 0000 "
		rcdOn    = "08 12 05 000000000000000000000000000000 0000 "
		swpOn    = "0a 0a 00 10 08 00 000000000000 "
		header6  = "00 00 00 00 "
		header10 = "00 00 00 00 00 00 00 00 "
	)
	list := SenseInvalidFieldInList.AtList
	m := raidBox()
	off, off2 := m.Current, m.Current
	off.Caching.WCE = false
	off2.Caching.WCE, off2.Control.SWP = false, true
	for _, c := range []struct {
		name string
		op   Opcode
		list string
		want ModePages
		s    Sense
	}{
		{"WCE off", ModeSelect6, header6 + wceOff, off, Sense{}},
		{"WCE off, 10 bytes", ModeSelect10, header10 + wceOff, off, Sense{}},
		{"two pages", ModeSelect6, header6 + wceOff + swpOn, off2, Sense{}},
		{"as MODE SENSE gave it", ModeSelect6, "1f 00 90 08 ffffffff 00000200" + wcePS, m.Current, Sense{}},
		{"header alone", ModeSelect6, header6, m.Current, Sense{}},
		{"empty", ModeSelect6, "", m.Current, Sense{}},
		{"half a header", ModeSelect10, "00 00 00 00", m.Current, SenseListLength},
		{"half a descriptor", ModeSelect6, "00 00 00 08 00000000", m.Current, SenseListLength},
		{"half a page", ModeSelect6, header6 + "08 12 00 00", m.Current, SenseListLength},
		{"half a page header", ModeSelect6, header6 + wceOff + "0a", m.Current, SenseListLength},
		{"RCD is not changeable", ModeSelect6, header6 + rcdOn, m.Current, list(6)},
		{"second page bad, first not applied", ModeSelect10, header10 + wceOff + rcdOn, m.Current, list(8 + 20 + 2)},
		{"page length", ModeSelect6, header6 + "08 0a 00 00 00 00 00 00 00 00 00 00", m.Current, list(5)},
		{"no such page", ModeSelect6, header6 + "02 0e", m.Current, list(4)},
		{"subpage", ModeSelect6, header6 + "4a 01 00 00", m.Current, list(4)},
		{"medium type", ModeSelect6, "00 01 00 00 " + wceOff, m.Current, list(1)},
		{"LONGLBA", ModeSelect10, "00 00 00 00 01 00 00 00", m.Current, list(4)},
		{"descriptor length", ModeSelect10, "00 00 00 00 00 00 00 10", m.Current, list(6)},
		{"other capacity", ModeSelect6, "00 00 00 08 00001000 00000200", m.Current, list(4)},
		{"other block length", ModeSelect6, "00 00 00 08 00000000 00001000", m.Current, list(9)},
	} {
		raw := unhex(t, c.list)
		cmd := Command{Op: c.op, PF: true, Alloc: uint32(len(raw))}
		got, s := m.Select(&cmd, raw)
		if got != c.want || s != c.s {
			t.Errorf("%s: %+v, %v; want %v", c.name, got.Caching, s, c.s)
		}
	}
	raw := AppendModeList(nil, ModeSelect6, m.Current.Caching.Append(nil))
	for _, c := range []struct {
		name string
		c    Command
		want Sense
	}{
		{"SP without saving", Command{Op: ModeSelect6, PF: true, SP: true, Alloc: 24}, SenseInvalidFieldInCDB.AtCDB(1)},
		{"pages without PF", Command{Op: ModeSelect6, Alloc: 24}, SenseInvalidFieldInCDB.AtCDB(1)},
		{"less data than announced", Command{Op: ModeSelect6, PF: true, Alloc: 25}, SenseListLength},
	} {
		if _, s := m.Select(&c.c, raw); s != c.want {
			t.Errorf("%s: %v", c.name, s)
		}
	}
}

// With every bit changeable, what one target answers to MODE SENSE turns another
// into its like.
func TestModeSelect_AcceptsWhatModeSenseGave(t *testing.T) {
	flag, nibble, u16 := rapid.Bool(), rapid.Uint8Max(15), rapid.Uint16()
	rapid.Check(t, func(t *rapid.T) {
		from, to := raidBox(), raidBox()
		from.Current = ModePages{
			Format:     FormatPage{u16.Draw(t, "sectors"), u16.Draw(t, "bytes")},
			RigidDisk:  RigidDiskPage{rapid.Uint32Max(1<<24-1).Draw(t, "cylinders"), 255, u16.Draw(t, "rpm")},
			Caching:    drawCaching(t),
			Control:    ControlPage{flag.Draw(t, "d_sense"), nibble.Draw(t, "qam"), flag.Draw(t, "swp"), false},
			Exceptions: ExceptionsPage{flag.Draw(t, "ewasc"), flag.Draw(t, "dexcpt"), nibble.Draw(t, "mrie")},
		}
		to.Changeable = ModePages{
			Format:     FormatPage{0xffff, 0xffff},
			RigidDisk:  RigidDiskPage{1<<24 - 1, 0xff, 0xffff},
			Caching:    CachingPage{true, true, true, true, true},
			Control:    ControlPage{true, 0xf, true, true},
			Exceptions: ExceptionsPage{true, true, 0xf},
		}
		c := sense(ModeSense10, PageAll, ModeCurrent)
		c.DBD = flag.Draw(t, "dbd")
		from.Saves = flag.Draw(t, "saves") // PS is sent back, too
		b, _ := from.AppendReply(nil, &c)
		got, s := to.Select(&Command{Op: ModeSelect10, PF: true, Alloc: uint32(len(b))}, b)
		if got != from.Current || !s.None() {
			t.Fatalf("%+v, %v; want %+v", got, s, from.Current)
		}
	})
}

// A page is accepted exactly if it differs in changeable bits only.
func TestModeSelect_OnlyChangeableBits(t *testing.T) {
	mask := func(p CachingPage) (b [20]byte) { return [20]byte(p.Append(nil)) }
	rapid.Check(t, func(t *rapid.T) {
		m := raidBox()
		m.Current.Caching = drawCaching(t)
		m.Changeable.Caching = drawCaching(t)
		want := drawCaching(t)
		now, next, may := mask(m.Current.Caching), mask(want), mask(m.Changeable.Caching)
		fine := true
		for i := 2; i < 20; i++ {
			fine = fine && (now[i]^next[i])&^may[i] == 0
		}
		b := AppendModeList(nil, ModeSelect6, next[:])
		got, s := m.Select(&Command{Op: ModeSelect6, PF: true, Alloc: uint32(len(b))}, b)
		if fine != s.None() || fine && got.Caching != want || !fine && !s.Is(SenseInvalidFieldInList) {
			t.Fatalf("%+v to %+v, changeable %+v: %v", m.Current.Caching, want, m.Changeable.Caching, s)
		}
	})
}

func FuzzModeSelect(f *testing.F) {
	f.Add(true, unhex(f, "00 00 00 08 00000000 00000200 08 12 00 000000000000000000000000000000 0000"))
	f.Add(false, unhex(f, "00 00 00 00 00 00 00 00 0a 0a 04 10 08 00 000000000000"))
	f.Fuzz(func(t *testing.T, six bool, list []byte) {
		m := raidBox()
		c := Command{Op: ModeSelect10, PF: true, Alloc: uint32(min(len(list), 0xffff))}
		if six {
			c.Op = ModeSelect6
		}
		next, s := m.Select(&c, list)
		if !s.None() && next != m.Current {
			t.Fatal("refused, but changed")
		}
		allowed := m.Current // the bits of raidBox that are changeable
		allowed.Caching.WCE = next.Caching.WCE
		allowed.Control.SWP, allowed.Control.DSense = next.Control.SWP, next.Control.DSense
		if next != allowed {
			t.Fatalf("changed what is not changeable: %+v", next)
		}
		d, _ := ParseModeData(ModeSense6, list) // any bytes: must end, must not panic
		d.Page(PageControl)
	})
}
