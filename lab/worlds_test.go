package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// knobs are every setting that matters for three WRITEs: what acknowledges one,
// what SYNCHRONIZE CACHE does, the members' caches, and when and in which order
// the cache is destaged.
func knobs() (all []string) {
	for _, write := range []string{"base: write-through", "base: wb-flush-all", "base: wb-protected", "base: wb-vault, protection: {vault: 2KiB}", "base: wb-hidden"} {
		for _, sync := range []string{"flush-all", "flush-cache", "ack", "fail"} {
			for _, caches := range []string{"true", "false"} {
				for _, destage := range []string{"", "age: 9ms", "idle: 2ms, order: fullest", "interval: 7ms, order: elevator, depth: 1"} {
					all = append(all, fmt.Sprintf("{%s, name: p%d, sync: %s, member_caches: %s, destage: {%s}}", write, len(all), sync, caches, destage))
				}
			}
		}
	}
	return all
}

// smallBoxes are arrays of which three WRITEs touch every kind of stripe write.
func smallBoxes() (all []string) {
	for _, array := range []string{"members: 2, raid: {level: 0", "members: 2, raid: {level: 1", "members: 3, raid: {level: 5", "members: 4, raid: {level: 5",
		"members: 4, raid: {level: 6", "members: 4, raid: {level: 10"} {
		for _, tear := range []string{"512B", "4KiB"} {
			all = append(all, fmt.Sprintf("{base: small-4x4gb-raid5, name: b%d, %s, chunk: 4KiB}, disk: {tear: %s}}", len(all), array, tear))
		}
	}
	return all
}

// threeWrites are the ways in which three WRITEs can lie to each other within
// three stripes: the same blocks, a part of them, the next, another stripe.
var threeWrites = [][3]string{
	{"bs=4k", "bs=4k", "bs=4k"},
	{"bs=512 seek=3", "bs=1536 seek=1", "bs=512 seek=4"},
	{"bs=8k", "bs=1k seek=7", "bs=4k seek=2"},
	{"bs=12k", "bs=12k seek=1", "bs=512 seek=24"},
	{"bs=24k", "bs=8k seek=1", "bs=2k seek=11"},
}

// writesThree is the program: a flush comes after the second WRITE, or at the end.
func writesThree(writes [3]string, flush int) string {
	var b strings.Builder
	b.WriteString("\nsteps:\n  - prefill: {extent: 2+20KiB, with: pattern}\n")
	for i, w := range writes {
		fmt.Fprintf(&b, "  - run: dd if=/dev/random of=/dev/rdisk5 %s count=1\n", w)
		if i == flush {
			b.WriteString("  - run: diskutil eject disk5\n  - wait: 3ms\n")
			break
		}
	}
	return b.String()
}

// All small worlds: every knob, array and position of three WRITEs. A choice of
// them is compared, some at every instant; with -whole -instants 0, all are.
func TestSweep_SmallWorlds(t *testing.T) {
	total, worlds, turn := 0, 0, 0
	boxes := smallBoxes()
	for _, policy := range knobs() {
		for _, box := range boxes {
			for _, writes := range threeWrites {
				turn++
				if !*whole && turn*7919%101 != 0 {
					continue
				}
				instants := *most
				if worlds%32 == 0 {
					instants = 0 // all
				}
				p := combined(t, box, "kext", policy, writesThree(writes, 1+turn%2))
				total += compare(t, p, 20*time.Millisecond, instants)
				worlds++
			}
		}
	}
	t.Logf("%d worlds, %d instants compared", worlds, total)
}
