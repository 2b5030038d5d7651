// Package controller is the RAID controller: it decodes commands, asks the
// firmware what to do with them, keeps the cache, destages it to the members and
// answers.
package controller

import (
	"time"
)

// Spec is the controller's hardware and fixed properties; the firmware's
// behaviour is a firmware.Profile.
type Spec struct {
	Vendor   string `conf:"vendor" max:"8" doc:"T10 vendor identification of INQUIRY, 8 characters"`
	Product  string `conf:"product" max:"16" doc:"product identification of INQUIRY, 16 characters"`
	Revision string `conf:"revision" max:"4" doc:"product revision level of INQUIRY, 4 characters"`

	CacheBytes    uint64        // memory for pages; configs fills it from cache.capacity of the box
	Queue         int           `conf:"queue" unit:"count" min:"1" max:"65535" doc:"commands held at once; beyond that the answer is TASK SET FULL"`
	TransferBytes uint64        `conf:"transfer" unit:"bytes" min:"4KiB" max:"16MiB" doc:"a larger READ or WRITE is carried out in pieces of this size, each at the processor time of a command"`
	Command       time.Duration `conf:"command" unit:"duration" max:"10ms" doc:"processor time a command"`
	Memory        uint64        `conf:"memory_rate" unit:"rate" min:"1MB/s" max:"1TB/s" doc:"rate at which data enter and leave the cache"`
	Boot          time.Duration `conf:"boot" unit:"duration" max:"10m" doc:"from power to ready"`
	ANSI          int           `conf:"ansi" unit:"count" min:"2" max:"7" doc:"VERSION byte of INQUIRY; hosts use READ CAPACITY(16) from 5 on"`
	DPOFUA        bool          `conf:"dpofua" doc:"MODE SENSE reports support of DPO and FUA"`
}
