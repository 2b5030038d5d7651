package disks

import (
	"errors"
	"fmt"
	"time"

	"tbraid/internal/block"
	"tbraid/internal/words"
)

// Kind is how a drive keeps its blocks.
type Kind uint8

// The kinds.
const (
	HDD Kind = iota
	SSD
)

var kindNames = [...]string{"hdd", "ssd"}

// String is the name that UnmarshalText reads.
func (k Kind) String() string { return kindNames[k] }

// Options lists the names that UnmarshalText reads.
func (Kind) Options() []string { return kindNames[:] }

// UnmarshalText reads one of Options.
func (k *Kind) UnmarshalText(text []byte) error {
	return words.Pick(k, kindNames[:], text)
}

// Order is in which order a drive serves the commands that it holds.
type Order uint8

// The orders.
const (
	FCFS     Order = iota // as they came
	Elevator              // C-LOOK: upwards by address, then back to the lowest
)

var orderNames = [...]string{"fcfs", "elevator"}

// String is the name that UnmarshalText reads.
func (o Order) String() string { return orderNames[o] }

// Options lists the names that UnmarshalText reads.
func (Order) Options() []string { return orderNames[:] }

// UnmarshalText reads one of Options.
func (o *Order) UnmarshalText(text []byte) error {
	return words.Pick(o, orderNames[:], text)
}

// maxDepth is the number of tags of SATA native command queuing, 0 to 31.
const maxDepth = 32

// Spec is one type of drive. Zero is no default for any number: Validate says
// which fields a kind needs and ignores those of the other kind.
type Spec struct {
	Kind          Kind          `conf:"kind" doc:"how the drive keeps its blocks"`
	Capacity      uint64        `conf:"capacity" unit:"bytes" min:"65536" max:"100000000000000" doc:"what the drive reports, a multiple of 4096"`
	Cache         uint64        `conf:"cache" unit:"bytes" min:"0" max:"17179869184" doc:"room for written blocks that wait for the medium; 0 means that every write goes to the medium"`
	Protected     bool          `conf:"power_loss_protection" doc:"the write cache is kept and written out when power fails"`
	Tear          uint64        `conf:"tear" unit:"bytes" min:"512" max:"4096" doc:"what the medium writes at once: 512 leaves each block old or new, 4096 tears the physical sector under the head"`
	QueueDepth    int           `conf:"queue_depth" unit:"count" min:"1" max:"32" doc:"commands that the drive holds at once"`
	Order         Order         `conf:"order" doc:"in which order a hard disk serves the commands that it holds"`
	Overhead      time.Duration `conf:"overhead" unit:"duration" min:"1us" max:"10ms" doc:"command processing, hidden while the medium is busy"`
	InterfaceRate uint64        `conf:"interface_rate" unit:"rate" min:"1000000" max:"16000000000" doc:"payload rate of the interface"`
	Ready         time.Duration `conf:"ready" unit:"duration" min:"0s" max:"5m" doc:"from power to the first command, spin-up included"`

	RPM          int           `conf:"rpm" unit:"count" min:"3600" max:"20000" doc:"hdd: revolutions a minute"`
	SeekRead     time.Duration `conf:"seek_read" unit:"duration" min:"100us" max:"100ms" doc:"hdd: average seek for a read, over all pairs of cylinders"`
	SeekWrite    time.Duration `conf:"seek_write" unit:"duration" min:"100us" max:"100ms" doc:"hdd: average seek for a write; the difference to a read is settling"`
	HeadSwitch   time.Duration `conf:"head_switch" unit:"duration" min:"1us" max:"3ms" doc:"hdd: to the next surface of the same cylinder"`
	TrackSwitch  time.Duration `conf:"track_switch" unit:"duration" min:"1us" max:"3ms" doc:"hdd: to the neighbouring cylinder"`
	Surfaces     int           `conf:"surfaces" unit:"count" min:"1" max:"32" doc:"hdd: recording surfaces"`
	Zones        int           `conf:"zones" unit:"count" min:"1" max:"256" doc:"hdd: zones of equal width, outermost first"`
	OuterSectors int           `conf:"outer_sectors" unit:"count" min:"8" max:"100000" doc:"hdd: 512-byte sectors on a track of the outermost zone"`
	InnerSectors int           `conf:"inner_sectors" unit:"count" min:"8" max:"100000" doc:"hdd: 512-byte sectors on a track of the innermost zone; zones between are linear"`
	LookAhead    uint64        `conf:"look_ahead" unit:"bytes" min:"0" max:"1073741824" doc:"hdd: how far the drive reads on beyond a read"`

	Channels       int           `conf:"channels" unit:"count" min:"1" max:"256" doc:"ssd: accesses to the medium at once"`
	ReadLatency    time.Duration `conf:"read_latency" unit:"duration" min:"1us" max:"100ms" doc:"ssd: one read"`
	ProgramLatency time.Duration `conf:"program_latency" unit:"duration" min:"1us" max:"100ms" doc:"ssd: one write"`
	Bandwidth      uint64        `conf:"bandwidth" unit:"rate" min:"1000000" max:"16000000000" doc:"ssd: all channels together"`
}

// ErrSpec is wrapped by every error of Validate.
var ErrSpec = errors.New("disks: drive cannot be built")

// Validate tells whether a drive can be built from s. The error names every
// field that is wrong, by its name in a configuration.
func (s Spec) Validate() error {
	physical := s.Capacity > 0 && s.Capacity%4096 == 0
	faults := []error{
		wrong(s.Kind > SSD, "kind is %d: must be hdd or ssd", uint8(s.Kind)),
		wrong(s.Order > Elevator, "order is %d: must be fcfs or elevator", uint8(s.Order)),
		wrong(!physical, "capacity is %d: must be a multiple of 4096 above 0", s.Capacity),
		wrong(s.Tear != 512 && s.Tear != 4096, "tear is %d: must be 512 or 4096", s.Tear),
		wrong(s.QueueDepth < 1 || s.QueueDepth > maxDepth, "queue_depth is %d: must be 1 to %d", s.QueueDepth, maxDepth),
		wrong(s.Overhead <= 0, "overhead is %v: must be above 0", s.Overhead),
		wrong(s.InterfaceRate == 0, "interface_rate must be above 0"),
		wrong(s.Ready < 0, "ready is %v: must not be negative", s.Ready),
	}
	if s.Kind == SSD {
		faults = append(faults,
			wrong(s.Channels < 1 || s.Channels > 256, "channels is %d: must be 1 to 256", s.Channels),
			wrong(s.ReadLatency <= 0, "read_latency is %v: must be above 0", s.ReadLatency),
			wrong(s.ProgramLatency <= 0, "program_latency is %v: must be above 0", s.ProgramLatency),
			wrong(s.Bandwidth == 0, "bandwidth must be above 0"))
	} else {
		faults = append(faults, s.mechanics()...)
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("%w: %w", ErrSpec, err)
	}
	return nil
}

func (s Spec) mechanics() []error {
	return []error{
		wrong(s.RPM < 1 || s.RPM > 100_000, "rpm is %d: must be 1 to 100000", s.RPM),
		wrong(s.SeekRead < s.TrackSwitch, "seek_read is %v: must not be below track_switch, %v", s.SeekRead, s.TrackSwitch),
		wrong(s.SeekWrite < s.SeekRead, "seek_write is %v: must not be below seek_read, %v", s.SeekWrite, s.SeekRead),
		wrong(s.HeadSwitch <= 0, "head_switch is %v: must be above 0", s.HeadSwitch),
		wrong(s.TrackSwitch <= 0, "track_switch is %v: must be above 0", s.TrackSwitch),
		wrong(s.Surfaces < 1 || s.Surfaces > 64, "surfaces is %d: must be 1 to 64", s.Surfaces),
		wrong(s.Zones < 1 || s.Zones > 4096, "zones is %d: must be 1 to 4096", s.Zones),
		wrong(s.InnerSectors < 1, "inner_sectors is %d: must be above 0", s.InnerSectors),
		wrong(s.OuterSectors < s.InnerSectors, "outer_sectors is %d: must not be below inner_sectors, %d", s.OuterSectors, s.InnerSectors),
		wrong(s.RPM > 0 && uint64(s.OuterSectors)*block.Size*uint64(s.RPM)/60 > s.InterfaceRate,
			"interface_rate is %d: below the media rate of the outermost zone", s.InterfaceRate),
	}
}

func wrong(is bool, format string, args ...any) error {
	if !is {
		return nil
	}
	return fmt.Errorf(format, args...)
}
