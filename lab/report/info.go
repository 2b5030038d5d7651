package report

import (
	"fmt"
	"io"
	"strings"

	"tbraid/configs"
	"tbraid/host"
)

// field is one line of diskutil info.
type field struct{ key, value string }

// Info prints the modelled device in the shape of diskutil info, as one or two
// hosts show it; rows in which two differ are marked.
func Info(w io.Writer, s *configs.Scenario, hosts []host.Profile, o Options) error {
	p := &printer{w: w, o: o}
	columns := make([][]field, len(hosts))
	for i, h := range hosts {
		columns[i] = describe(s, h)
	}
	const keyWidth = 27
	if len(hosts) > 1 {
		p.printf("   %-*s", keyWidth, "")
		for _, h := range hosts {
			p.printf("%-36s", h.Name)
		}
		p.printf("\n")
	}
	var differ []string
	for row := range columns[0] {
		line := fmt.Sprintf("   %-*s", keyWidth, columns[0][row].key+":")
		same := true
		for _, c := range columns {
			line += fmt.Sprintf("%-36s", c[row].value)
			same = same && c[row].value == columns[0][row].value
		}
		if !same {
			line += "differs"
			differ = append(differ, columns[0][row].key)
		}
		p.printf("%s\n", strings.TrimRight(line, " "))
	}
	if len(hosts) == 2 {
		p.printf("\n")
		p.compare(hosts[0], hosts[1], differ)
	}
	return p.err
}

// compare says what the differences mean.
func (p *printer) compare(a, b host.Profile, differ []string) {
	if len(differ) == 0 {
		p.paragraph("", "The two identities are the same.")
	}
	if a.Identity.Protocol != b.Identity.Protocol {
		p.paragraph("", fmt.Sprintf("The protocol string (%q, %q) changes no I/O: it is one entry of the driver's property list "+
			"(Physical Interconnect), copied to the registry and printed. No command, size or order depends on it.",
			a.Identity.Protocol, b.Identity.Protocol))
	}
	var changes []string
	for _, h := range []host.Profile{a, b} {
		if h.Shutdown.DriverGoneFirst && a.Shutdown.DriverGoneFirst != b.Shutdown.DriverGoneFirst {
			changes = append(changes, h.Name+" is terminated before the shutdown flush (xnu)")
		}
	}
	if a.Driver.Overhead != b.Driver.Overhead {
		changes = append(changes, fmt.Sprintf("a command costs %v of processor time under %s, %v under %s",
			a.Driver.Overhead, a.Name, b.Driver.Overhead, b.Name))
	}
	if a.MaxBytes != b.MaxBytes {
		changes = append(changes, "they declare different limits for one transfer")
	}
	if a.Driver.HighLBA != b.Driver.HighLBA {
		changes = append(changes, fmt.Sprintf("addresses from 2^32 on: %s under %s, %s under %s",
			a.Driver.HighLBA, a.Name, b.Driver.HighLBA, b.Name))
	}
	if len(changes) > 0 {
		p.paragraph("", "What does change I/O between these profiles: "+strings.Join(changes, "; ")+".")
	}
}

// describe is what diskutil info shows, with the few lines that matter here.
func describe(s *configs.Scenario, h host.Profile) []field {
	total := s.Box.VolumeBytes()
	driver := "kernel extension"
	if h.Driver.Kind == host.DEXT {
		driver = "DriverKit extension"
	}
	return []field{
		{"Device Identifier", configs.Device},
		{"Device Node", "/dev/" + configs.Device},
		{"Whole", "Yes"},
		{"Device / Media Name", s.Box.Controller.Vendor + " " + s.Box.Controller.Product},
		{"Protocol", h.Identity.Protocol},
		{"SMART Status", "Not Supported"},
		{"Disk Size", fmt.Sprintf("%s (%d Bytes)", capacity(total), total)},
		{"Device Block Size", "512 Bytes"},
		{"Media Read-Only", "No"},
		{"Device Location", "External"},
		{"Removable Media", "Fixed"},
		{"Solid State", map[bool]string{true: "Yes", false: "No"}[s.Box.Disk.Kind != 0]},
		{"SCSI Domain ID", fmt.Sprint(h.Identity.Domain)},
		{"SCSI Target ID", fmt.Sprint(h.Identity.Target)},
		{"Driver", driver},
	}
}
