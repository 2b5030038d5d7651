package scsi

// The sense values that the model reports. They are read only: methods such as
// AtCDB and AtLBA return changed copies. Codes and names follow the T10 list of
// additional sense codes (asc-num.txt).
var (
	// The initiator asked for something that cannot be.
	SenseListLength            = Sense{Key: KeyIllegalRequest, ASC: 0x1a}
	SenseInvalidOpcode         = Sense{Key: KeyIllegalRequest, ASC: 0x20}
	SenseLBAOutOfRange         = Sense{Key: KeyIllegalRequest, ASC: 0x21}
	SenseInvalidFieldInCDB     = Sense{Key: KeyIllegalRequest, ASC: 0x24}
	SenseLUNNotSupported       = Sense{Key: KeyIllegalRequest, ASC: 0x25}
	SenseInvalidFieldInList    = Sense{Key: KeyIllegalRequest, ASC: 0x26}
	SenseInvalidRelease        = Sense{Key: KeyIllegalRequest, ASC: 0x26, ASCQ: 0x04}
	SenseCommandSequence       = Sense{Key: KeyIllegalRequest, ASC: 0x2c}
	SenseSavingNotSupported    = Sense{Key: KeyIllegalRequest, ASC: 0x39}
	SenseRemovalPrevented      = Sense{Key: KeyIllegalRequest, ASC: 0x53, ASCQ: 0x02}
	SenseRegistrationResources = Sense{Key: KeyIllegalRequest, ASC: 0x55, ASCQ: 0x04}

	// The volume cannot be used now.
	SenseNotReady             = Sense{Key: KeyNotReady, ASC: 0x04}
	SenseNotReadyBecoming     = Sense{Key: KeyNotReady, ASC: 0x04, ASCQ: 0x01} // boot, cache replay
	SenseNotReadyStart        = Sense{Key: KeyNotReady, ASC: 0x04, ASCQ: 0x02} // START STOP UNIT needed
	SenseNotReadyIntervention = Sense{Key: KeyNotReady, ASC: 0x04, ASCQ: 0x03} // dirty cache pinned
	SenseNotReadyFormat       = Sense{Key: KeyNotReady, ASC: 0x04, ASCQ: 0x04}
	SenseNotReadyOperation    = Sense{Key: KeyNotReady, ASC: 0x04, ASCQ: 0x07}
	SenseNotReadySanitize     = Sense{Key: KeyNotReady, ASC: 0x04, ASCQ: 0x1b}
	SenseNoMedium             = Sense{Key: KeyNotReady, ASC: 0x3a}

	// Data cannot be written.
	SenseWriteProtected         = Sense{Key: KeyDataProtect, ASC: 0x27}
	SenseHardwareWriteProtected = Sense{Key: KeyDataProtect, ASC: 0x27, ASCQ: 0x01}
	SenseSoftwareWriteProtected = Sense{Key: KeyDataProtect, ASC: 0x27, ASCQ: 0x02} // SWP
	SenseSpaceExhausted         = Sense{Key: KeyDataProtect, ASC: 0x27, ASCQ: 0x07} // thin provisioning

	// Data is gone, or came only just.
	SenseWriteError          = Sense{Key: KeyMediumError, ASC: 0x0c}
	SenseReallocationFailed  = Sense{Key: KeyMediumError, ASC: 0x0c, ASCQ: 0x02}
	SenseMultipleWriteErrors = Sense{Key: KeyMediumError, ASC: 0x0c, ASCQ: 0x0e} // torn stripe
	SenseUnrecoveredRead     = Sense{Key: KeyMediumError, ASC: 0x11}
	SenseMarkedBad           = Sense{Key: KeyMediumError, ASC: 0x11, ASCQ: 0x14}
	SenseRecoveredRetries    = Sense{Key: KeyRecoveredError, ASC: 0x17, ASCQ: 0x01}
	SenseRecoveredRealloc    = Sense{Key: KeyRecoveredError, ASC: 0x18, ASCQ: 0x02}
	SenseMiscompare          = Sense{Key: KeyMiscompare, ASC: 0x1d}

	// The target itself is at fault.
	SenseUnitFailure            = Sense{Key: KeyHardwareError, ASC: 0x3e, ASCQ: 0x01}
	SenseUnitTimeout            = Sense{Key: KeyHardwareError, ASC: 0x3e, ASCQ: 0x02}
	SenseInternalTargetFailure  = Sense{Key: KeyHardwareError, ASC: 0x44}
	SenseAbortedInternalFailure = Sense{Key: KeyAbortedCommand, ASC: 0x44} // may be retried
	SenseOverlappedCommands     = Sense{Key: KeyAbortedCommand, ASC: 0x4e}

	// Unit attentions: something happened since the last command.
	SenseResetOccurred          = Sense{Key: KeyUnitAttention, ASC: 0x29} // power on or some reset
	SensePowerOn                = Sense{Key: KeyUnitAttention, ASC: 0x29, ASCQ: 0x01}
	SenseBusReset               = Sense{Key: KeyUnitAttention, ASC: 0x29, ASCQ: 0x02}
	SenseTargetReset            = Sense{Key: KeyUnitAttention, ASC: 0x29, ASCQ: 0x03}
	SenseInternalReset          = Sense{Key: KeyUnitAttention, ASC: 0x29, ASCQ: 0x04} // firmware crash
	SenseNexusLoss              = Sense{Key: KeyUnitAttention, ASC: 0x29, ASCQ: 0x07}
	SenseModeParametersChanged  = Sense{Key: KeyUnitAttention, ASC: 0x2a, ASCQ: 0x01}
	SenseReservationsPreempted  = Sense{Key: KeyUnitAttention, ASC: 0x2a, ASCQ: 0x03}
	SenseReservationsReleased   = Sense{Key: KeyUnitAttention, ASC: 0x2a, ASCQ: 0x04}
	SenseRegistrationsPreempted = Sense{Key: KeyUnitAttention, ASC: 0x2a, ASCQ: 0x05}
	SenseCapacityChanged        = Sense{Key: KeyUnitAttention, ASC: 0x2a, ASCQ: 0x09}
	SenseClearedByAnother       = Sense{Key: KeyUnitAttention, ASC: 0x2f}
	SenseClearedByPowerLoss     = Sense{Key: KeyUnitAttention, ASC: 0x2f, ASCQ: 0x01}
	SenseThinThreshold          = Sense{Key: KeyUnitAttention, ASC: 0x38, ASCQ: 0x07}
	SenseInquiryChanged         = Sense{Key: KeyUnitAttention, ASC: 0x3f, ASCQ: 0x03}
	SenseLUNsChanged            = Sense{Key: KeyUnitAttention, ASC: 0x3f, ASCQ: 0x0e}

	// Warnings of a protected cache, here as unit attentions; with MRIE 4 they
	// are reported with the key RECOVERED ERROR instead.
	SenseNVCacheVolatile   = Sense{Key: KeyUnitAttention, ASC: 0x0b, ASCQ: 0x06}
	SenseNVCacheDegraded   = Sense{Key: KeyUnitAttention, ASC: 0x0b, ASCQ: 0x07}
	SensePowerLossExpected = Sense{Key: KeyUnitAttention, ASC: 0x0b, ASCQ: 0x08}
	SenseFailurePredicted  = Sense{Key: KeyUnitAttention, ASC: 0x5d}
)

// senseName is the T10 name of the additional code, or the name of the key for a
// code that the model does not report.
func senseName(s Sense) string {
	for i := range additionalNames {
		if n := &additionalNames[i]; n.asc == s.ASC && n.ascq == s.ASCQ {
			return n.name
		}
	}
	return senseKeyNames[s.Key&0xf]
}

var senseKeyNames = [16]string{
	"NO SENSE", "RECOVERED ERROR", "NOT READY", "MEDIUM ERROR",
	"HARDWARE ERROR", "ILLEGAL REQUEST", "UNIT ATTENTION", "DATA PROTECT",
	"BLANK CHECK", "VENDOR SPECIFIC", "COPY ABORTED", "ABORTED COMMAND",
	"RESERVED", "VOLUME OVERFLOW", "MISCOMPARE", "COMPLETED",
}

var additionalNames = [...]struct {
	asc, ascq uint8
	name      string
}{
	{0x04, 0x00, "LOGICAL UNIT NOT READY, CAUSE NOT REPORTABLE"},
	{0x04, 0x01, "LOGICAL UNIT IS IN PROCESS OF BECOMING READY"},
	{0x04, 0x02, "LOGICAL UNIT NOT READY, INITIALIZING COMMAND REQUIRED"},
	{0x04, 0x03, "LOGICAL UNIT NOT READY, MANUAL INTERVENTION REQUIRED"},
	{0x04, 0x04, "LOGICAL UNIT NOT READY, FORMAT IN PROGRESS"},
	{0x04, 0x07, "LOGICAL UNIT NOT READY, OPERATION IN PROGRESS"},
	{0x04, 0x1b, "LOGICAL UNIT NOT READY, SANITIZE IN PROGRESS"},
	{0x0b, 0x06, "WARNING - NON-VOLATILE CACHE NOW VOLATILE"},
	{0x0b, 0x07, "WARNING - DEGRADED POWER TO NON-VOLATILE CACHE"},
	{0x0b, 0x08, "WARNING - POWER LOSS EXPECTED"},
	{0x0c, 0x00, "WRITE ERROR"},
	{0x0c, 0x02, "WRITE ERROR - AUTO REALLOCATION FAILED"},
	{0x0c, 0x0e, "MULTIPLE WRITE ERRORS"},
	{0x11, 0x00, "UNRECOVERED READ ERROR"},
	{0x11, 0x14, "READ ERROR - LBA MARKED BAD BY APPLICATION CLIENT"},
	{0x17, 0x01, "RECOVERED DATA WITH RETRIES"},
	{0x18, 0x02, "RECOVERED DATA - DATA AUTO-REALLOCATED"},
	{0x1a, 0x00, "PARAMETER LIST LENGTH ERROR"},
	{0x1d, 0x00, "MISCOMPARE DURING VERIFY OPERATION"},
	{0x20, 0x00, "INVALID COMMAND OPERATION CODE"},
	{0x21, 0x00, "LOGICAL BLOCK ADDRESS OUT OF RANGE"},
	{0x24, 0x00, "INVALID FIELD IN CDB"},
	{0x25, 0x00, "LOGICAL UNIT NOT SUPPORTED"},
	{0x26, 0x00, "INVALID FIELD IN PARAMETER LIST"},
	{0x26, 0x04, "INVALID RELEASE OF PERSISTENT RESERVATION"},
	{0x27, 0x00, "WRITE PROTECTED"},
	{0x27, 0x01, "HARDWARE WRITE PROTECTED"},
	{0x27, 0x02, "LOGICAL UNIT SOFTWARE WRITE PROTECTED"},
	{0x27, 0x07, "SPACE ALLOCATION FAILED WRITE PROTECT"},
	{0x29, 0x00, "POWER ON, RESET, OR BUS DEVICE RESET OCCURRED"},
	{0x29, 0x01, "POWER ON OCCURRED"},
	{0x29, 0x02, "SCSI BUS RESET OCCURRED"},
	{0x29, 0x03, "BUS DEVICE RESET FUNCTION OCCURRED"},
	{0x29, 0x04, "DEVICE INTERNAL RESET"},
	{0x29, 0x07, "I_T NEXUS LOSS OCCURRED"},
	{0x2a, 0x01, "MODE PARAMETERS CHANGED"},
	{0x2a, 0x03, "RESERVATIONS PREEMPTED"},
	{0x2a, 0x04, "RESERVATIONS RELEASED"},
	{0x2a, 0x05, "REGISTRATIONS PREEMPTED"},
	{0x2a, 0x09, "CAPACITY DATA HAS CHANGED"},
	{0x2c, 0x00, "COMMAND SEQUENCE ERROR"},
	{0x2f, 0x00, "COMMANDS CLEARED BY ANOTHER INITIATOR"},
	{0x2f, 0x01, "COMMANDS CLEARED BY POWER LOSS NOTIFICATION"},
	{0x38, 0x07, "THIN PROVISIONING SOFT THRESHOLD REACHED"},
	{0x39, 0x00, "SAVING PARAMETERS NOT SUPPORTED"},
	{0x3a, 0x00, "MEDIUM NOT PRESENT"},
	{0x3e, 0x01, "LOGICAL UNIT FAILURE"},
	{0x3e, 0x02, "TIMEOUT ON LOGICAL UNIT"},
	{0x3f, 0x03, "INQUIRY DATA HAS CHANGED"},
	{0x3f, 0x0e, "REPORTED LUNS DATA HAS CHANGED"},
	{0x44, 0x00, "INTERNAL TARGET FAILURE"},
	{0x4e, 0x00, "OVERLAPPED COMMANDS ATTEMPTED"},
	{0x53, 0x02, "MEDIUM REMOVAL PREVENTED"},
	{0x55, 0x04, "INSUFFICIENT REGISTRATION RESOURCES"},
	{0x5d, 0x00, "FAILURE PREDICTION THRESHOLD EXCEEDED"},
}
