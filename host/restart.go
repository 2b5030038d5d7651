package host

import (
	"time"

	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// Shutdown runs the orderly end of a restart in the order of xnu's reboot_kernel
// (bsd/kern/kern_shutdown.c) and then leaves the System dead; done is called at
// that instant. The next driver attaches Profile.Shutdown.Boot later, as another
// System. Since macOS 11.3 DriverKit extensions are terminated before the
// notification in which the block driver flushes.
func (s *System) Shutdown(_ sim.Time, done func()) {
	s.script("shutdown", s.haltScript, func() {
		now := s.k.Now()
		s.dead = true
		s.loseHeld()
		s.k.Cancel(s)
		for _, p := range s.procs {
			if p != nil {
				p.kill()
			}
		}
		s.driver.terminate(now)
		if done != nil {
			done()
		}
	})
}

func (s *System) haltScript(p *Process) {
	h := &s.p.Shutdown
	// 1, 2: processes are killed, all but the DriverKit ones. Closing their files
	// writes out what the buffers of device nodes hold.
	quiet := s.k.Now().Add(h.Quiesce)
	for _, o := range s.procs {
		if o != nil && !o.kernel {
			o.kill()
			o.closeAll(p)
		}
	}
	// 3: sync. 4: wait until it is quiet.
	for _, v := range append([]*volume(nil), s.volumes...) {
		v.sync(p)
	}
	if now := s.k.Now(); now < quiet {
		p.Sleep(quiet.Sub(now))
	}
	// 5: data volumes are unmounted, which flushes the box.
	s.unmountAll(p)
	// 6: drivers in user space see the halt state and are terminated.
	flushes := s.disk.present && !s.disk.protected
	if h.DriverGoneFirst {
		if s.p.Driver.FlushAtHalt && s.disk.present {
			s.haltHook(p, h.TerminateCap)
		}
		s.driver.terminate(s.k.Now())
	}
	// 8: the shutdown notification: the block driver flushes if it is still there.
	if flushes {
		s.shutdownFlush(p, h.FlushCap)
	}
}

// haltHook is the driver's own flush. It goes straight to the box: the habits
// that the driver has with commands of the system do not concern it.
func (s *System) haltHook(p *Process, within time.Duration) {
	c := s.command(scsi.SyncAll(), p, 0)
	c.task.Flush = s.l.Ask(s.k.Now(), ledger.ByHaltHook, block.Extent{})
	c.own = true
	p.run(c, within)
	s.release(c)
}

// shutdownFlush is IOBlockStorageDriver's: it waits for at most so long, then the
// restart goes on without it.
func (s *System) shutdownFlush(p *Process, within time.Duration) {
	if s.driver.gone {
		now := s.k.Now()
		id := s.l.Ask(now, ledger.ByShutdown, block.Extent{})
		s.l.Stop(now, id, ledger.DriverGone)
		s.l.End(now, id, false)
		return
	}
	began := s.k.Now()
	if !s.flush(p, ledger.ByShutdown, within) && s.k.Now().Sub(began) >= within {
		s.complain(device + ": shutdown thread timed out")
	}
}
