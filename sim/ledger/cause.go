package ledger

// Layer is a part of the house that can break a promise or let data go.
type Layer uint8

// The layers, from the top down.
const (
	NoLayer Layer = iota
	Program
	System
	Driver
	Firmware
	Members
	Protection
	Array
	layers
)

var layerNames = [layers]string{
	"", "program", "operating system", "driver", "firmware", "member disks", "cache protection", "array",
}

// String is the layer's name.
func (l Layer) String() string { return layerNames[l] }

// Cause is why a block was lost. Of several the one highest up is reported: it
// is the first place at which the loss could have been prevented.
type Cause uint8

// The causes, highest first.
const (
	NoCause            Cause = iota
	NeverAsked               // no one asked for a flush after the write
	NodeFsync                // the program called fsync(2) on a device node: macOS sends no SYNCHRONIZE CACHE for it
	CacheUnseen              // the operating system believes that there is no write cache, so it sends no SYNCHRONIZE CACHE
	DriverGone               // the driver was terminated before the shutdown flush
	FlushCut                 // the flush was under way: the host gave up waiting, or the event came first
	DriverSwallowed          // the driver answered GOOD and passed nothing on
	DriverFailed             // the driver failed the SYNCHRONIZE CACHE
	Misdirected              // the driver cut the LBA to 32 bits: the WRITE went to another address
	DriverDropsFUA           // the driver cleared the FUA bit
	DriverZeroes             // zeros reached the box in place of the data of the WRITE
	DriverAnswersEarly       // the driver answered the WRITE and never passed it on
	FirmwareAcks             // the firmware answered GOOD and destaged nothing
	FirmwareFails            // the firmware failed the SYNCHRONIZE CACHE
	FUAIgnored               // the firmware acknowledged a FUA write from volatile cache
	HiddenCache              // the firmware reported the write cache off and wrote back all the same
	MembersUnflushed         // the data sat in a volatile cache of a member that no flush reached
	VaultShort               // the energy of the capacitor did not cover all dirty data
	HoldUpExceeded           // the outage outlasted what keeps the cache
	DroppedAtReset           // the firmware dropped the cache at a reset
	DroppedAtLinkLoss        // the firmware dropped the cache when the link went down
	LostInCrash              // the firmware crashed and started again without its cache
	PowerLost                // volatile cache, and the power went
	TornWrite                // power went in the middle of a media write
	WriteHole                // parity and data of a stripe disagree, and a member is missing
	ArrayLost                // more members are missing than the level can rebuild
	causes
)

type causeText struct {
	name  string
	layer Layer
	text  string
}

var causeTexts = [causes]causeText{
	NoCause:            {"none", NoLayer, ""},
	NeverAsked:         {"never-asked", Program, "nothing asked for a flush after the data were acknowledged"},
	NodeFsync:          {"fsync-on-node", System, "fsync(2) on a device node writes the host's buffers out and sends no SYNCHRONIZE CACHE"},
	CacheUnseen:        {"cache-unseen", System, "the operating system did not see a write cache (MODE SENSE page 08h), so it sent no SYNCHRONIZE CACHE"},
	DriverGone:         {"driver-gone", System, "the operating system had terminated the driver before its shutdown flush, so no SYNCHRONIZE CACHE could be sent"},
	FlushCut:           {"flush-cut", System, "a flush was under way and had not ended when the event came"},
	DriverSwallowed:    {"driver-swallowed", Driver, "the driver completed SYNCHRONIZE CACHE with GOOD and did not pass it on"},
	DriverFailed:       {"driver-failed", Driver, "the driver failed SYNCHRONIZE CACHE, and macOS ignores that error"},
	Misdirected:        {"misdirected", Driver, "the driver cut the LBA to 32 bits, so the WRITE went to another address"},
	DriverDropsFUA:     {"driver-drops-fua", Driver, "the driver cleared the FUA bit of the WRITE"},
	DriverZeroes:       {"driver-zeroes", Driver, "the driver handed the box zeros in place of the data of the WRITE"},
	DriverAnswersEarly: {"driver-answers-early", Driver, "the driver answered the WRITE with GOOD before it had passed it on, and then did not"},
	FirmwareAcks:       {"firmware-acks", Firmware, "the firmware answered SYNCHRONIZE CACHE with GOOD and destaged nothing"},
	FirmwareFails:      {"firmware-fails", Firmware, "the firmware failed SYNCHRONIZE CACHE, and macOS ignores that error"},
	FUAIgnored:         {"fua-ignored", Firmware, "the firmware acknowledged a WRITE with FUA from volatile cache"},
	HiddenCache:        {"hidden-cache", Firmware, "the firmware reported the write cache as off (WCE=0) and acknowledged from volatile cache"},
	MembersUnflushed:   {"members-unflushed", Members, "the data had left the controller but sat in the volatile write cache of a member disk that no flush reached"},
	VaultShort:         {"vault-short", Protection, "the energy of the capacitor did not suffice to copy all dirty data to flash"},
	HoldUpExceeded:     {"hold-up-exceeded", Protection, "the outage lasted longer than the protected cache keeps its contents"},
	DroppedAtReset:     {"dropped-at-reset", Firmware, "the firmware dropped its cache when the host reset or re-initialised the controller"},
	DroppedAtLinkLoss:  {"dropped-at-link-loss", Firmware, "the firmware dropped its cache when the link went down"},
	LostInCrash:        {"lost-in-crash", Firmware, "the firmware crashed and started again without its cache"},
	PowerLost:          {"power-lost", Firmware, "the data were in volatile cache when the power went"},
	TornWrite:          {"torn", Members, "the power went in the middle of a write to the medium, and the sector under the head was left half written"},
	WriteHole:          {"write-hole", Array, "parity and data of a stripe disagreed after the cut, and a missing member was rebuilt from them"},
	ArrayLost:          {"array-lost", Array, "more members are missing than the RAID level can rebuild"},
}

// String is the cause's stable name, for machines.
func (c Cause) String() string { return causeTexts[c].name }

// Text is the cause as a clause of a sentence.
func (c Cause) Text() string { return causeTexts[c].text }

// Layer is the part that could have prevented the loss.
func (c Cause) Layer() Layer { return causeTexts[c].layer }

// Causes lists all causes, highest first.
func Causes() []Cause {
	all := make([]Cause, 0, causes-1)
	for c := NoCause + 1; c < causes; c++ {
		all = append(all, c)
	}
	return all
}
