package lab

import (
	"tbraid/host"
	"tbraid/internal/block"
)

// owners knows whose content the blocks of a volume are.
type owners struct {
	names  []string
	number map[string]int // 1 + index of names
	of     block.Map[int] // that number, by block
}

// note takes over what is mounted now. What stands elsewhere is as it was: a
// volume may have been unmounted, or its host may be down.
func (o *owners) note(mounts []host.Mounted) {
	for _, m := range mounts {
		o.of.Set(m.Extent, 0)
		for _, f := range m.Files {
			n := o.enter(f.Path)
			for _, e := range f.Extents {
				o.of.Set(e, n)
			}
		}
	}
}

// enter is the number of a file.
func (o *owners) enter(path string) int {
	n, known := o.number[path]
	if !known {
		if o.number == nil {
			o.number = map[string]int{}
		}
		o.names = append(o.names, path)
		n = len(o.names)
		o.number[path] = n
	}
	return n
}

// name is the path of the file of that number; of 0, none.
func (o *owners) name(n int) string {
	if n == 0 {
		return ""
	}
	return o.names[n-1]
}
