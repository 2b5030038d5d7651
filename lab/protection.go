package lab

import "tbraid/firmware"

// Protection is what kept the controller cache from one instant of a run on.
type Protection struct {
	AtNS   int64  `json:"at_ns"`
	Supply bool   `json:"supply"` // false: the power goes, and this is what is there to outlast it
	State  string `json:"state"`  // optimal, charging, learning, low, failed
	Mode   string `json:"mode"`   // write-back, write-through: what the firmware does with a WRITE
	// HoldUpNS is how long an outage may last that the cache outlives. With flash it
	// is 0: what VaultBytes covers is kept for years.
	HoldUpNS   int64  `json:"hold_up_ns"`
	VaultBytes uint64 `json:"vault_bytes,omitempty"` // flash: how much dirty data the energy can copy, at most the cache
	DirtyBytes uint64 `json:"dirty_bytes"`           // not on the members at that instant
}

// protections is the record of a controller whose protection can change.
func (w *world) protections() []Protection {
	if !w.policy.Protection.Changes() {
		return nil
	}
	var all []Protection
	for _, c := range w.box.ProtectionChanges() {
		p := Protection{AtNS: int64(c.At), Supply: c.Supply, State: c.State.String(), Mode: mode(c.WritesBack),
			HoldUpNS: int64(c.HoldUp), DirtyBytes: c.DirtyBytes}
		if w.policy.Protection.Kind == firmware.Vault {
			p.HoldUpNS, p.VaultBytes = 0, min(c.KeptBytes, w.hardware.Controller.CacheBytes)
		}
		all = append(all, p)
	}
	return all
}

func mode(writesBack bool) string {
	if writesBack {
		return "write-back"
	}
	return "write-through"
}
