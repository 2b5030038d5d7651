package lab

import (
	"tbraid/configs"
	"tbraid/host"
	"tbraid/host/workload"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// boot starts a host with that profile and lets its driver attach.
func (w *world) boot(p host.Profile) {
	var memory *host.Memory
	if w.sys != nil {
		memory, w.files = w.sys.Memory(), w.sys.Files()
		w.keepKernelLog()
	}
	w.sys = host.New(w.k, w.l, host.Config{Profile: p, Memory: memory, Files: w.files})
	w.sys.Connect(w.link)
	w.watch()
	w.attach()
}

// attach lets the driver start, which for some means a reset of the controller.
func (w *world) attach() {
	if w.sys.Profile().Driver.ResetAtAttach {
		w.box.Reset(w.k.Now(), w.policy.HostReset, scsi.SenseTargetReset, ledger.DroppedAtReset)
	}
	w.probe()
}

// probe runs the probe to its end. A disk that does not come is a finding, not an
// error: what tools then say shows it.
func (w *world) probe() {
	e := &errand{what: "the probe"}
	w.errand = e
	w.sys.Attach(w.k.Now(), func(bool) { e.done = true })
	w.await()
}

// provision puts partition map and volumes in place and makes them durable. It
// uses a driver without habits: what the host under test can do to the box is
// the story, not the scene.
func (w *world) provision() {
	plain := w.host
	plain.Driver = host.Driver{Queue: 1}
	w.boot(plain)
	if len(w.volumes) > 0 {
		specs := make([]host.VolumeSpec, len(w.volumes))
		for i, v := range w.volumes {
			kind := "hfs"
			if v.FS == configs.APFS {
				kind = "apfs"
			}
			specs[i] = host.VolumeSpec{FileSystem: kind, Name: v.Name, Extent: v.Extent()}
		}
		if w.program("setup", host.Provision(specs)) != 0 {
			panic("lab: the volumes of the scenario could not be set up")
		}
	}
	w.idle()
	w.box.Settle()
	w.l.Settle(w.k.Now())
	w.link.Down(w.k.Now()) // the cable moves to the host under test
	w.link.Up(w.k.Now())
}

// mount mounts what the host recognises on its disk, as diskarbitrationd does:
// at the mount point that the scenario gave the volume, or below /Volumes. It
// returns how many volumes it mounted.
func (w *world) mount() (mounted int) {
	w.program("diskarbitrationd", func(sh workload.Shell) int {
		d := sh.Call(workload.Call{Op: workload.Describe}).Disk
		if d == nil {
			return 0
		}
		for _, slice := range d.Slices {
			kind, ok := fileSystems[slice.Type]
			if !ok {
				continue
			}
			at := "/Volumes/" + slice.Name
			for _, v := range w.volumes {
				if v.Start == slice.Extent.Start {
					at = v.Mount
				}
			}
			r := sh.Call(workload.Call{Op: workload.Mount, Path: slice.Identifier, Target: at, Detail: kind})
			if r.Err == workload.OK {
				mounted++
			}
		}
		return 0
	})
	return mounted
}

// fileSystems are the partition types of which volumes are mounted.
var fileSystems = map[string]string{"Apple_HFS": "hfs", "Apple_APFS": "apfs"}

// program runs a program to its end.
func (w *world) program(name string, p workload.Program) (exit int) {
	e := &errand{what: name}
	w.errand = e
	w.sys.Start(name, p, func(status int) { e.done, exit = true, status })
	w.await()
	return exit
}

// desk is the host as the power supply sees it, whichever System has booted.
type desk struct{ w *world }

// PowerFail implements power.Powered.
func (d desk) PowerFail(now sim.Time) { d.w.sys.PowerFail(now) }

// PowerReturn implements power.Powered.
func (d desk) PowerReturn(now sim.Time) { d.w.sys.PowerReturn(now) }

func hostFiles(sets []configs.File) []host.File {
	var all []host.File
	for _, set := range sets {
		for _, path := range set.Paths() {
			all = append(all, host.File{Path: path, Size: set.Size})
		}
	}
	return all
}
