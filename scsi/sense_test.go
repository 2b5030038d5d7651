package scsi

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestSense_KnownBytes(t *testing.T) {
	for _, c := range []struct {
		name       string
		s          Sense
		descriptor bool
		want       string
		words      string
	}{
		// As sg_unmap prints it (sg3_utils, examples/sg_unmap_example.txt).
		{"opcode", SenseInvalidOpcode, false, "70 00 05 00 00 00 00 0a 00 00 00 00 20 00 00 00 00 00",
			"5/20/00 INVALID COMMAND OPERATION CODE"},
		{"field in CDB", SenseInvalidFieldInCDB.AtCDB(1), false,
			"70 00 05 00 00 00 00 0a 00 00 00 00 24 00 00 c0 00 01", "5/24/00 INVALID FIELD IN CDB, CDB byte 1"},
		{"field in list", SenseInvalidFieldInList.AtList(6), true,
			"72 05 26 00 00 00 00 08 02 06 00 00 80 00 06 00", "5/26/00 INVALID FIELD IN PARAMETER LIST, list byte 6"},
		{"bad block", SenseUnrecoveredRead.AtLBA(0x12345678), false,
			"f0 00 03 12 34 56 78 0a 00 00 00 00 11 00 00 00 00 00", "3/11/00 UNRECOVERED READ ERROR, lba 305419896"},
		{"bad block beyond 2 TiB does not fit", SenseUnrecoveredRead.AtLBA(1 << 32), false,
			"70 00 03 00 00 00 00 0a 00 00 00 00 11 00 00 00 00 00", "3/11/00 UNRECOVERED READ ERROR, lba 4294967296"},
		{"bad block beyond 2 TiB", SenseUnrecoveredRead.AtLBA(1 << 32), true,
			"72 03 11 00 00 00 00 0c 00 0a 80 00 00 00 00 01 00 00 00 00", "3/11/00 UNRECOVERED READ ERROR, lba 4294967296"},
		{"failed destage", SenseWriteError.AtLBA(5).AsDeferred(), false,
			"f1 00 03 00 00 00 05 0a 00 00 00 00 0c 00 00 00 00 00", "3/0C/00 WRITE ERROR, lba 5, deferred"},
		{"power on", SensePowerOn, true, "72 06 29 01 00 00 00 00", "6/29/01 POWER ON OCCURRED"},
		{"nothing", Sense{}, true, "72 00 00 00 00 00 00 00", "0/00/00 NO ADDITIONAL SENSE INFORMATION"},
	} {
		if got := c.s.Bytes(nil, c.descriptor); !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("%s: % x", c.name, got)
		}
		if got := c.s.String(); got != c.words {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if got := (Sense{Key: KeyIllegalRequest, ASC: 0x99}).String(); got != "5/99/00 ILLEGAL REQUEST" {
		t.Errorf("code without a name: %q", got)
	}
	if got := SenseMiscompare.AtLBA(512).String(); got != "E/1D/00 MISCOMPARE DURING VERIFY OPERATION, byte offset 512" {
		t.Errorf("miscompare: %q", got)
	}
}

func drawSense(t *rapid.T) Sense {
	s := Sense{
		Key:      rapid.Uint8Max(15).Draw(t, "key"),
		ASC:      rapid.Uint8().Draw(t, "asc"),
		ASCQ:     rapid.Uint8().Draw(t, "ascq"),
		Deferred: rapid.Bool().Draw(t, "deferred"),
		Valid:    rapid.Bool().Draw(t, "valid"),
	}
	if s.Valid {
		s.Info = rapid.Uint64().Draw(t, "info")
	}
	if s.Key == KeyIllegalRequest && rapid.Bool().Draw(t, "sksv") {
		s.FieldValid = true
		s.InList = rapid.Bool().Draw(t, "list")
		s.Field = rapid.Uint16().Draw(t, "field")
	}
	return s
}

func TestSense_RoundTrip(t *testing.T) {
	prefix := []byte{1, 2, 3}
	rapid.Check(t, func(t *rapid.T) {
		s := drawSense(t)
		b := s.Bytes(prefix, true)
		if got, ok := ParseSense(b[3:]); !ok || got != s || !bytes.HasPrefix(b, prefix) {
			t.Fatalf("descriptor: %+v comes back as %+v", s, got)
		}
		want := s
		if want.Info > 0xffff_ffff {
			want.Valid, want.Info = false, 0
		}
		if got, ok := ParseSense(s.Bytes(nil, false)); !ok || got != want {
			t.Fatalf("fixed: %+v comes back as %+v", s, got)
		}
	})
}

func TestParseSense_ShortAndForeign(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Sense
		ok       bool
	}{
		{"cut before the codes", "70 00 05 00 00 00 00 0a", Sense{Key: 5}, true},
		{"cut before the field pointer", "70 00 05 00 00 00 00 0a 00 00 00 00 24 00", SenseInvalidFieldInCDB, true},
		{"additional length 0", "70 00 06 00 00 00 00 00 00 00 00 00 29 00", Sense{Key: 6}, true},
		{"progress of NOT READY is no field pointer", "70 00 02 00 00 00 00 0a 00 00 00 00 04 04 00 80 12 34",
			SenseNotReadyFormat, true},
		{"FRU descriptor is skipped", "72 03 0c 00 00 00 00 10 03 02 00 07 00 0a 80 00 00 00 00 00 00 00 00 09",
			SenseWriteError.AtLBA(9), true},
		{"descriptor cut short", "72 03 0c 00 00 00 00 0c 00 0a 80 00 00", SenseWriteError, true},
		{"vendor specific response code", "7f 00 05 00 00 00 00 0a", Sense{}, false},
		{"too short", "70 00 05 00 00 00 00", Sense{}, false},
	} {
		if got, ok := ParseSense(unhex(t, c.in)); got != c.want || ok != c.ok {
			t.Errorf("%s: %v, %v", c.name, got, ok)
		}
	}
}

func FuzzParseSense(f *testing.F) {
	f.Add(SenseUnrecoveredRead.AtLBA(1<<40).Bytes(nil, true))
	f.Add(SenseInvalidFieldInList.AtList(9).Bytes(nil, false))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := ParseSense(b)
		if !ok {
			return
		}
		if got, ok := ParseSense(s.Bytes(nil, true)); !ok || got != s {
			t.Fatalf("%+v comes back as %+v", s, got)
		}
	})
}

// Both lists are written by hand: a code of one that the other lacks would print
// as its bare sense key.
func TestSense_EveryReportedCodeHasAName(t *testing.T) {
	for _, s := range []Sense{
		SenseListLength, SenseInvalidOpcode, SenseLBAOutOfRange, SenseInvalidFieldInCDB, SenseLUNNotSupported,
		SenseInvalidFieldInList, SenseInvalidRelease, SenseCommandSequence, SenseSavingNotSupported,
		SenseRemovalPrevented, SenseRegistrationResources, SenseNotReady, SenseNotReadyBecoming, SenseNotReadyStart,
		SenseNotReadyIntervention, SenseNotReadyFormat, SenseNotReadyOperation, SenseNotReadySanitize, SenseNoMedium,
		SenseWriteProtected, SenseHardwareWriteProtected, SenseSoftwareWriteProtected, SenseSpaceExhausted,
		SenseWriteError, SenseReallocationFailed, SenseMultipleWriteErrors, SenseUnrecoveredRead, SenseMarkedBad,
		SenseRecoveredRetries, SenseRecoveredRealloc, SenseMiscompare, SenseUnitFailure, SenseUnitTimeout,
		SenseInternalTargetFailure, SenseAbortedInternalFailure, SenseOverlappedCommands, SenseResetOccurred,
		SensePowerOn, SenseBusReset, SenseTargetReset, SenseInternalReset, SenseNexusLoss, SenseModeParametersChanged,
		SenseReservationsPreempted, SenseReservationsReleased, SenseRegistrationsPreempted, SenseCapacityChanged,
		SenseClearedByAnother, SenseClearedByPowerLoss, SenseThinThreshold, SenseInquiryChanged, SenseLUNsChanged,
		SenseNVCacheVolatile, SenseNVCacheDegraded, SensePowerLossExpected, SenseFailurePredicted,
	} {
		if senseName(s) == senseKeyNames[s.Key] {
			t.Errorf("%v has no name", s)
		}
	}
}

func TestStatus_Names(t *testing.T) {
	for s, want := range map[Status]string{Good: "GOOD", CheckCondition: "CHECK CONDITION", Busy: "BUSY",
		ReservationConflict: "RESERVATION CONFLICT", TaskSetFull: "TASK SET FULL", TaskAborted: "TASK ABORTED",
		0x04: "status 04h"} {
		if s.String() != want {
			t.Errorf("%02x: %s", uint8(s), s)
		}
	}
}
