package configs

import (
	"fmt"
	"reflect"
	"strings"

	"tbraid/controller"
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/host"
	"tbraid/internal/block"
)

// Box is the hardware on the desk: members, array, controller, cache memory and
// link. What its firmware does with them is a firmware.Profile.
type Box struct {
	Name   string
	Title  string `conf:"title" max:"200" doc:"one line, for tables"`
	Source string `conf:"source" max:"500" doc:"where the figures are from"`

	Bays       int             `conf:"bays" unit:"count" min:"1" max:"16" doc:"places for members"`
	Members    int             `conf:"members" unit:"count" min:"1" max:"16" doc:"disks of the array, at most as many as bays"`
	Disk       Disk            `conf:"disk" doc:"the type of all members"`
	RAID       Array           `conf:"raid" doc:"how the members make one volume"`
	Cache      Memory          `conf:"cache" doc:"the controller's cache"`
	Controller controller.Spec `conf:"controller" doc:"the RAID controller"`
	Link       host.LinkSpec   `conf:"link" doc:"the way to the host"`
}

// Array is how the members make one volume.
type Array struct {
	Level raid.Level `conf:"level" doc:"RAID level"`
	Chunk uint64     `conf:"chunk" unit:"bytes" min:"4KiB" max:"16MiB" doc:"consecutive bytes on one member"`
}

// Memory is the controller's cache.
type Memory struct {
	Capacity uint64 `conf:"capacity" unit:"bytes" min:"1MiB" max:"1TiB" doc:"memory for pages"`
}

// Disk is a type of drive with its name.
type Disk struct {
	Name   string
	Title  string `conf:"title" max:"200" doc:"one line, for tables"`
	Source string `conf:"source" max:"500" doc:"where the figures are from"`
	disks.Spec
}

// Layout is the array of the box. The error says what does not fit together.
func (b *Box) Layout() (*raid.Layout, error) { return raid.New(b.geometry()) }

func (b *Box) geometry() raid.Geometry {
	return raid.Geometry{
		Level:        b.RAID.Level,
		Members:      b.Members,
		ChunkBlocks:  b.RAID.Chunk / block.Size,
		MemberBlocks: b.Disk.Capacity / block.Size,
	}
}

// checkWriteHole tells whether the array can close its write hole as a profile
// would.
func (b *Box) checkWriteHole(f *facts, p *firmware.Profile) error {
	err := controller.CheckWriteHole(p.Hole, b.geometry())
	if err == nil {
		return nil
	}
	message, hint, _ := strings.Cut(err.Error(), ": ")
	return f.blame(hint, message, "policies."+p.Name+".write_hole", "policies."+p.Name, "box.raid")
}

// VolumeBlocks is the size of the volume, 0 if the array is not possible.
func (b *Box) VolumeBlocks() uint64 {
	l, err := b.Layout()
	if err != nil {
		return 0
	}
	return l.VolumeBlocks()
}

// VolumeBytes is VolumeBlocks in bytes.
func (b *Box) VolumeBytes() uint64 { return b.VolumeBlocks() * block.Size }

// settle derives what is given once and used twice, and checks what no single
// key can tell. Paths begin with at.
func (b *Box) settle(f *facts, at string) error {
	b.Controller.CacheBytes = b.Cache.Capacity
	members, disk := join(at, "members"), join(at, "disk")
	if b.Members > b.Bays {
		return f.blame(fmt.Sprintf("members takes at most %d, or give the box more bays", b.Bays),
			fmt.Sprintf("%d members in a box of %d bays", b.Members, b.Bays), members, join(at, "bays"))
	}
	if b.RAID.Chunk%physicalSector != 0 {
		return f.blame("chunk takes a multiple of 4KiB, the physical sector of a disk",
			"a chunk of "+formatBytes(b.RAID.Chunk), join(at, "raid.chunk"))
	}
	if err := b.Disk.Validate(); err != nil {
		return f.contradiction(disk, err)
	}
	if key := b.Disk.foreign(); key != "" {
		return f.blame("leave it away, or change kind:",
			fmt.Sprintf("key %q means nothing for a disk of kind %s", key, b.Disk.Kind), join(disk, key))
	}
	if _, err := b.Layout(); err != nil {
		message, hint, _ := strings.Cut(strings.TrimPrefix(err.Error(), "raid: "), ": ")
		return f.blame(hint, message, members, join(at, "raid.level"), join(at, "raid.chunk"))
	}
	return nil
}

// physicalSector is what a 512e or 4Kn disk writes at once.
const physicalSector = 4096

// foreign is a key that was set although it belongs to the other kind of drive.
func (d *Disk) foreign() string {
	v := reflect.ValueOf(d).Elem()
	for _, f := range fieldsOf(v.Type()) {
		if !f.applies(v) && !v.FieldByIndex(f.index).IsZero() {
			return f.key
		}
	}
	return ""
}

// applies tells whether the field means something in the struct v: disks.Spec
// says "hdd:" or "ssd:" before the keys that only one kind of drive has.
func (f field) applies(v reflect.Value) bool {
	d, ok := v.Interface().(Disk)
	kind, _, only := strings.Cut(f.doc, ": ")
	if !ok || !only || (kind != disks.HDD.String() && kind != disks.SSD.String()) {
		return true
	}
	return kind == d.Kind.String()
}
