package workload

import (
	"fmt"
	"strings"

	"tbraid/internal/block"
)

// find asks for the disk; an empty name is the only one.
func find(sh Shell, disk string) (*Disk, bool) {
	r := sh.Call(Call{Op: Describe, Path: disk})
	if r.Err != OK || r.Disk == nil {
		if disk == "" {
			return nil, refuse(sh, "There are no disks")
		}
		return nil, refuse(sh, "Could not find disk: "+disk)
	}
	return r.Disk, true
}

// slice finds a slice by identifier or by mount point.
func (d *Disk) slice(path string) (Slice, bool) {
	for _, s := range d.Slices {
		if s.Identifier == path || s.Mount != "" && s.Mount == path {
			return s, true
		}
	}
	return Slice{}, false
}

// runList prints what diskutil list prints.
func runList(sh Shell, disk string) int {
	d, ok := find(sh, disk)
	if !ok {
		return 1
	}
	where := "external"
	if d.Internal {
		where = "internal"
	}
	sh.Print(fmt.Sprintf("%s (%s, physical):", d.Node, where))
	row := func(number, kind, name, mark, size, identifier string) {
		sh.Print(fmt.Sprintf("%4s:%27s %-23s%1s%-11s%s", number, kind, name, mark, size, identifier))
	}
	row("#", "TYPE", "NAME", "", "SIZE", "IDENTIFIER")
	row("0", d.Scheme, "", "*", humanBytes(d.SizeBytes), d.Identifier)
	for i, s := range d.Slices {
		row(fmt.Sprint(i+1), s.Type, s.Name, "", humanBytes(s.Extent.Bytes()), s.Identifier)
	}
	return 0
}

// runInfo prints what diskutil info prints of a disk or a slice. The lines
// after the blank one are not diskutil's: they show what the model's block
// driver believes.
func runInfo(sh Shell, n Node) int {
	d, ok := find(sh, n.Disk)
	if !ok {
		return 1
	}
	line := func(key, format string, args ...any) {
		sh.Print(fmt.Sprintf("   %-27s%s", key+":", fmt.Sprintf(format, args...)))
	}
	bytes, slice := d.SizeBytes, Slice{}
	if n.Slice != 0 {
		if slice, ok = d.slice(n.Identifier()); !ok {
			sh.Print("Could not find disk: " + n.Identifier())
			return 1
		}
		bytes = slice.Extent.Bytes()
	}
	line("Device Identifier", "%s", n.Identifier())
	line("Device Node", "/dev/%s", n.Identifier())
	line("Whole", "%s", yesNo(n.Slice == 0))
	line("Part of Whole", "%s", n.Disk)
	line("Device / Media Name", "%s", d.Media)
	if n.Slice != 0 {
		line("Volume Name", "%s", slice.Name)
		line("Mounted", "%s", yesNo(slice.Mount != ""))
		if slice.Mount != "" {
			line("Mount Point", "%s", slice.Mount)
		}
		line("Partition Type", "%s", slice.Type)
		line("Type (Bundle)", "%s", slice.FileSystem)
	} else {
		content := d.Scheme
		if content == "" {
			content = "None"
		}
		line("Content (IOContent)", "%s", content)
	}
	line("OS Can Be Installed", "No")
	line("Media Type", "Generic")
	line("Protocol", "%s", d.Protocol)
	line("SCSI Domain ID", "%d", d.Domain)
	line("SCSI Target ID", "%d", d.Target)
	line("SMART Status", "Not Supported")
	line("Disk Size", "%s (%d Bytes) (exactly %d 512-Byte-Units)", humanBytes(bytes), bytes, bytes/block.Size)
	line("Device Block Size", "%d Bytes", d.BlockBytes)
	line("Media Read-Only", "No")
	location := "External"
	if d.Internal {
		location = "Internal"
	}
	line("Device Location", "%s", location)
	line("Removable Media", "Fixed")
	sh.Print("")
	line("Write Cache", "%s", d.WriteCache)
	line("Driver", "%s", d.DriverLabel)
	return 0
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

// humanBytes is a size as diskutil prints it: powers of 1000, one decimal.
func humanBytes(n uint64) string {
	const units = "KMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	unit, i := uint64(1000), 0
	for ; i < len(units)-1 && (n+unit/20)/unit >= 1000; i++ {
		unit *= 1000
	}
	tenths := (n/(unit/10) + (n%(unit/10)*2)/(unit/10)) // rounded to the nearest tenth
	return fmt.Sprintf("%d.%d %cB", tenths/10, tenths%10, units[i])
}

func runMount(sh Shell, n Node) int {
	d, ok := find(sh, n.Disk)
	if !ok {
		return 1
	}
	s, ok := d.slice(n.Identifier())
	if !ok || s.FileSystem == "" || sh.Call(mountCall(s.Identifier, s.Name, s.FileSystem)).Err != OK {
		sh.Print(fmt.Sprintf("Volume on %s failed to mount", n.Identifier()))
		return 1
	}
	sh.Print(fmt.Sprintf("Volume %s on %s mounted", s.Name, s.Identifier))
	return 0
}

// runUnmount takes a slice or a mount point.
func runUnmount(sh Shell, path string, flags Flags) int {
	disk := ""
	if n, ok := ParseNode(path); ok {
		disk = n.Disk
	}
	d, ok := find(sh, disk)
	if !ok {
		return 1
	}
	s, ok := d.slice(strings.TrimSuffix(path, "/"))
	switch {
	case !ok:
		sh.Print("Unable to find disk for " + path)
		return 1
	case s.Mount == "":
		sh.Print(fmt.Sprintf("%s was already unmounted", s.Identifier))
		return 0
	}
	if sh.Call(Call{Op: Unmount, Path: s.Identifier, Flags: flags}).Err != OK {
		sh.Print(fmt.Sprintf("Volume %s on %s failed to unmount", s.Name, s.Identifier))
		return 1
	}
	sh.Print(fmt.Sprintf("Volume %s on %s unmounted", s.Name, s.Identifier))
	return 0
}

func runUnmountDisk(sh Shell, disk string, flags Flags) int {
	if _, ok := find(sh, disk); !ok {
		return 1
	}
	if sh.Call(Call{Op: Unmount, Path: disk, Flags: flags}).Err != OK {
		sh.Print(fmt.Sprintf("Unmount of %s failed: at least one volume could not be unmounted", disk))
		return 1
	}
	sh.Print(fmt.Sprintf("Unmount of all volumes on %s was successful", disk))
	return 0
}

// runEject unmounts and ejects. What the flush of the eject answered is not
// looked at (IOStorageFamily, IOBlockStorageDriver::ejectMedia).
func runEject(sh Shell, n Node) int {
	if _, ok := find(sh, n.Disk); !ok {
		return 1
	}
	if sh.Call(Call{Op: Unmount, Path: n.Disk}).Err != OK || sh.Call(Call{Op: Eject, Path: n.Disk}).Err != OK {
		sh.Print(fmt.Sprintf("Disk %s failed to eject", n.Disk))
		return 1
	}
	sh.Print(fmt.Sprintf("Disk %s ejected", n.Disk))
	return 0
}
