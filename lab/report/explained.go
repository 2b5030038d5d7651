package report

import (
	"fmt"
	"strings"

	"tbraid/lab"
)

// verdictsByHost lists each verdict once, with the hosts that it holds for.
func verdictsByHost(all []Measured) []string {
	var order []string
	hosts := map[string][]string{}
	for i := range all {
		m := &all[i]
		if hosts[m.Verdict] == nil {
			order = append(order, m.Verdict)
		}
		hosts[m.Verdict] = append(hosts[m.Verdict], m.column(all))
	}
	lines := make([]string, len(order))
	for i, v := range order {
		lines[i] = v
		if len(all) > 1 {
			lines[i] = list(hosts[v]) + ": " + v
		}
	}
	return lines
}

// trafficVerdict is one sentence: what was acknowledged when the tool had ended,
// whether anything promised it, and what the operating system did afterwards.
func trafficVerdict(t *lab.Traffic) string {
	u, a := &t.UntilExit, &t.AfterExit
	s := fmt.Sprintf("after exit status %d", t.Exit)
	if t.ToolError != "" {
		s += fmt.Sprintf(" (%s)", t.ToolError)
	}
	s += ": " + standing(t, u)
	if u.Failed > 0 {
		s += fmt.Sprintf("; WRITEs of %s failed", size(u.Failed))
		if t.Exit == 0 {
			s += ", and the tool was not told"
		}
	}
	if len(a.Commands) == 0 && a.Syncs == (lab.Syncs{}) {
		return s + "."
	}
	return s + fmt.Sprintf("; in the %d s after it the operating system sends more by itself, and then: %s.", t.WatchedNS/1e9, standing(t, a))
}

// standing says what is acknowledged and promised at the end of a span.
func standing(t *lab.Traffic, s *lab.Sent) string {
	switch {
	case s.Acknowledged > 0 && s.Promised == 0:
		return fmt.Sprintf("%s acknowledged, none of it promised: %s", size(s.Acknowledged), whyNot(s))
	case s.Acknowledged > 0 && s.Promised == s.Acknowledged:
		return fmt.Sprintf("%s acknowledged, all of it promised: %s", size(s.Acknowledged), promisedBy(t, s))
	case s.Acknowledged > 0:
		rest := size(s.Acknowledged - s.Promised)
		return fmt.Sprintf("%s acknowledged, all but %s of it promised: %s, and no flush the %s behind it",
			size(s.Acknowledged), rest, promisedBy(t, s), rest)
	case s.Syncs.Driver > 0:
		return fmt.Sprintf("nothing written; %s", promisedBy(t, s))
	case len(s.Commands) == 0:
		return "no command has reached the box"
	}
	return "nothing written, so there is nothing to promise"
}

// whyNot is why nothing of what was acknowledged is promised.
func whyNot(s *lab.Sent) string {
	switch {
	case s.Syncs.Asked == 0:
		return "nothing asked for a flush"
	case s.Syncs.Driver == 0:
		return askers(s) + " asked, and the operating system sent no SYNCHRONIZE CACHE"
	}
	return "no SYNCHRONIZE CACHE behind it ended with GOOD"
}

// promisedBy names the flush that covers what is promised, and how far it came.
func promisedBy(t *lab.Traffic, s *lab.Sent) string {
	if t.WriteCache == "disabled" {
		return "the box reports its write cache off, so GOOD itself promises it"
	}
	text := "SYNCHRONIZE CACHE"
	if len(s.Askers) > 0 {
		text += ", asked for by " + askers(s) + ","
	}
	switch {
	case s.Syncs.Firmware == 0 && s.Syncs.Driver > 0:
		return text + " was answered by the driver, and none has reached the firmware"
	case s.Syncs.Driver == 0:
		return "the flush before the exit covers it"
	}
	return text + " covers what was acknowledged before it"
}

// askers lists who wanted the flushes.
func askers(s *lab.Sent) string {
	var names []string
	for _, a := range s.Askers {
		if !strings.HasSuffix(a, ")") { // fsync(2) has no article
			a = "the " + a
		}
		names = append(names, a)
	}
	return list(names)
}
