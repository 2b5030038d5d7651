package lab

import (
	"fmt"
	"strings"
	"time"

	"tbraid/firmware"
)

// PolicyInfo is a firmware policy in short: what it is set to, and what comes of that.
type PolicyInfo struct {
	Name string `json:"name"`
	// Code is the settings as StorCLI writes them, and what it has no letters for.
	Code       string `json:"code"`
	Configured string `json:"configured"`        // WT, WB or AWB
	InForce    string `json:"in_force"`          // write-back or write-through, when a run begins
	Because    string `json:"because,omitempty"` // why that is not what is configured

	Write        string `json:"write"` // the words of a policy file, from here on
	Protection   string `json:"protection"`
	HoldUpNS     int64  `json:"hold_up_ns"`
	Sync         string `json:"sync"`
	FUA          string `json:"fua"`
	Report       string `json:"report_wce"`
	MemberCaches bool   `json:"member_caches"`
	ReadAhead    uint64 `json:"read_ahead_bytes"`
	IntervalNS   int64  `json:"destage_interval_ns"`
	AgeNS        int64  `json:"destage_age_ns"`
	IdleNS       int64  `json:"destage_idle_ns"`
	OnRead       bool   `json:"destage_on_read"`
	OnPressure   bool   `json:"destage_on_pressure"`
	HostReset    string `json:"host_reset"`
}

func policyInfo(p *firmware.Profile) PolicyInfo {
	i := PolicyInfo{Name: p.Name, InForce: mode(p.WritesBack()), Write: p.Write.String(), Protection: p.Protection.Kind.String(),
		HoldUpNS: int64(p.Protection.HoldUp), Sync: p.Sync.String(), FUA: p.FUA.String(), Report: p.Report.String(),
		MemberCaches: p.MemberCaches, ReadAhead: p.ReadAhead, IntervalNS: int64(p.Destage.Interval), AgeNS: int64(p.Destage.Age),
		IdleNS: int64(p.Destage.Idle), OnRead: p.Destage.OnRead, OnPressure: p.Destage.OnPressure, HostReset: p.HostReset.String()}
	i.Configured = writeCode(p)
	i.Because = because(p)
	i.Code = policyCode(p)
	return i
}

// writeCode is how StorCLI calls a write policy: WB is given up while the protection
// of the cache is not optimal, AWB never.
func writeCode(p *firmware.Profile) string {
	switch {
	case p.Write == firmware.WriteThrough:
		return "WT"
	case p.Write == firmware.WriteBackProtected && !p.Protection.Forced:
		return "WB"
	}
	return "AWB"
}

// because says why the policy in force is not the one that was asked for, or why it
// is although it should not.
func because(p *firmware.Profile) string {
	kind, state := p.Protection.Kind, p.Protection.State
	switch {
	case p.Write != firmware.WriteBackProtected || p.Protected():
		return ""
	case p.Protection.Forced:
		return fmt.Sprintf("forced, although the %s is %s", kind, condition(state))
	}
	return fmt.Sprintf("the %s is %s", kind, condition(state))
}

// condition is a state as a sentence has it.
func condition(s firmware.BatteryState) string {
	if s == firmware.Failed {
		return "dead"
	}
	return s.String()
}

// policyCode puts the settings in a row.
func policyCode(p *firmware.Profile) string {
	words := []string{"NR", writeCode(p)}
	if p.ReadAhead > 0 {
		words[0] = "R"
	}
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	after := func(d time.Duration, letter string) { add(d > 0, letter+"="+short(d)) }
	add(p.MemberCaches, "PDC")
	add(p.Protection.Kind == firmware.Battery, "BBU")
	add(p.Protection.Kind == firmware.Vault, "CV")
	words = append(words, "S="+p.Sync.String())
	add(p.FUA == firmware.FUAIgnore, "NF")
	add(p.Report != firmware.ReportTruth, "WCE="+p.Report.String())
	add(p.Write != firmware.WriteThrough, fmt.Sprintf("M=%d/%d", p.Destage.HighPercent, p.Destage.LowPercent))
	after(p.Destage.Interval, "T")
	after(p.Destage.Age, "A")
	after(p.Destage.Idle, "I")
	add(p.Destage.OnRead, "RD")
	add(p.Destage.OnPressure, "PR")
	add(p.BypassBytes > 0, "BY")
	add(p.Hole != firmware.HoleOpen, "WH="+p.Hole.String())
	words = append(words, "RST="+p.HostReset.String())
	return strings.Join(words, " ")
}

// short is a duration without the zeros behind it.
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// PolicyCodes says what the letters of a Code mean.
var PolicyCodes = []struct{ Code, Means string }{
	{"WT", "WriteThrough"},
	{"WB", "WriteBack, WriteThrough while the protection of the cache is not optimal"},
	{"AWB", "Always WriteBack"},
	{"R", "Read Ahead"},
	{"NR", "No Read Ahead"},
	{"PDC", "write caches of the members on"},
	{"BBU", "battery"},
	{"CV", "CacheVault: capacitor and flash"},
	{"S", "what SYNCHRONIZE CACHE does"},
	{"NF", "FUA is ignored"},
	{"WCE", "what MODE SENSE says of the write cache"},
	{"M", "percent of the cache dirty at which destaging begins, and ends"},
	{"T", "flushed at an interval"},
	{"A", "destaged at an age"},
	{"I", "destaged after silence"},
	{"RD", "a READ destages what it touches"},
	{"PR", "a READ destages to make room"},
	{"BY", "large WRITEs go past the cache"},
	{"WH", "write hole"},
	{"RST", "the cache at a reset by the host"},
}
