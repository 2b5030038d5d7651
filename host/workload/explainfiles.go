package workload

import (
	"strconv"
	"strings"
)

// cp explains a cp line: flags first, as getopt(3), then sources and target.
func (e *explainer) cp() {
	e.add(e.first, "", "cp")
	flags := true
	e.args(func(i int, text string) {
		switch {
		case flags && text == "--":
			e.add(i, "", "cp --")
			flags = false
		case flags && len(text) > 1 && text[0] == '-':
			for _, f := range text[1:] {
				part := ""
				if len(text) > 2 {
					part = "-" + string(f)
				}
				e.add(i, part, "cp -"+string(f))
			}
		case i == len(e.words)-1:
			flags = false
			e.add(i, "", "cp target "+place(text))
		default:
			flags = false
			e.add(i, "", "cp source "+place(text))
		}
	})
}

// diskutil explains a diskutil line: the verb, then its operands in their order.
func (e *explainer) diskutil() {
	e.add(e.first, "", "diskutil")
	verb := diskutilVerb(e.words[e.first+1].text)
	e.add(e.first+1, "", "diskutil "+verb)
	roles := diskutilRoles(verb, e.words[e.first+2:])
	for n, role := range roles {
		e.add(e.first+2+n, "", role)
	}
}

// diskutilVerb is the verb as diskutilVerbs writes it.
func diskutilVerb(text string) string {
	switch v := strings.ToLower(text); v {
	case "information":
		return "info"
	case "umount":
		return "unmount"
	default:
		for _, known := range strings.Fields(diskutilVerbs) {
			if strings.ToLower(known) == v {
				return known
			}
		}
	}
	return text
}

// diskutilRoles are the keys of the operands of a verb.
func diskutilRoles(verb string, args []word) []string {
	switch verb {
	case "partitionDisk":
		return partitionRoles(args)
	case "eraseDisk":
		roles := []string{formatRole(args[0].text), "diskutil name"}
		if len(args) == 4 {
			roles = append(roles, schemeRole(args[2].text))
		}
		return append(roles, "diskutil disk")
	}
	var roles []string
	for _, a := range args {
		switch {
		case verb == "list" && listed(diskutilFilters, a.text):
			roles = append(roles, "diskutil filter")
		case a.text == "force" && len(args) > 1:
			roles = append(roles, "diskutil force")
		default:
			roles = append(roles, "diskutil disk")
		}
	}
	return roles
}

// partitionRoles are those of DISK [count] [GPT|MBR|APM] FORMAT NAME SIZE ...
func partitionRoles(args []word) []string {
	roles := []string{"diskutil disk"}
	args = args[1:]
	if _, err := strconv.Atoi(args[0].text); err == nil {
		roles, args = append(roles, "diskutil count"), args[1:]
	}
	if _, ok := schemeNamed(args[0].text); ok {
		roles, args = append(roles, schemeRole(args[0].text)), args[1:]
	}
	for ; len(args) >= 3; args = args[3:] {
		roles = append(roles, formatRole(args[0].text), "diskutil name", "diskutil size")
	}
	return roles
}

func schemeRole(text string) string {
	s, _ := schemeNamed(text)
	return "diskutil scheme " + s.name
}

func formatRole(text string) string {
	f, _ := formatNamed(text)
	switch {
	case f.empty():
		return "diskutil format free"
	case f.volume.Journaled:
		return "diskutil format JHFS+"
	case f.volume.FileSystem == "hfs":
		return "diskutil format HFS+"
	}
	return "diskutil format APFS"
}
