package disks

import (
	"fmt"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Model is a type of drive: the numbers and tables that all drives of one Spec
// have in common. They are worked out once, and being few they stay near the
// processor, whichever drive is at work.
type Model struct {
	spec      Spec
	blocks    uint64
	unit      block.LBA // Spec.Tear, a power of two
	elevator  bool
	transfers rate
	mechanics *mechanics // nil for an SSD
}

// NewModel prepares a type of drive. The error is Validate's.
func NewModel(spec Spec) (*Model, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	m := &Model{
		spec:      spec,
		blocks:    spec.Capacity / block.Size,
		unit:      block.LBA(spec.Tear / block.Size),
		elevator:  spec.Kind == HDD && spec.Order == Elevator,
		transfers: rateOf(spec.InterfaceRate),
	}
	if spec.Kind == HDD {
		m.mechanics = newMechanics(spec)
	}
	return m, nil
}

// NewDrive makes one, powered and ready. With writeCache a write is done when it
// is in the drive's cache; a Spec without cache cannot have that, and the error
// says so.
func (m *Model) NewDrive(k *sim.Kernel, member int, writeCache bool, owner Owner) (*Drive, error) {
	if writeCache && m.spec.Cache < block.Size {
		return nil, fmt.Errorf("%w: the write cache is on, and cache is %d", ErrSpec, m.spec.Cache)
	}
	d := &Drive{
		Model: m, kernel: k, owner: owner, member: member, caching: writeCache, up: true,
		commands: newCommands(m.spec.QueueDepth),
		flights:  newFlights(m.spec),
		cache:    newWriteCache(m.spec.Cache, m.blocks),
		medium:   newMedium(m.blocks),
	}
	d.taken.Lane = len(d.flights)
	if m.spec.Kind == SSD {
		d.mech = newSSD(m.spec)
	} else {
		d.mech = newHDD(m.mechanics, k.Stream(fmt.Sprintf("disk %d phase", member)).Uint64())
	}
	return d, nil
}
