// Package scsi turns CDBs, sense data, mode pages, VPD pages and parameter
// lists into values and back. It is pure: no state, no clock, no model of a
// device. What a device does with a command, and which pages it has, is decided
// by whoever holds the values.
//
// Decode judges what can be judged from the CDB alone; the capacity, write
// protection and the limits of the device are the target's to check. Field
// names are those of SPC-4, SBC-3 and SAM-5; offsets in comments are bytes of
// the structure at hand.
//
// Two habits hold throughout. Append functions add to dst and return it, like
// the built-in append. Parse functions never panic, whatever the bytes; Append
// and Encode panic on a value that the format cannot hold, since that is an
// error of the caller and not of the wire.
package scsi
