package trace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tbraid/internal/block"
)

// MQSim reads the ASCII traces of the simulator MQSim (Tavakkol et al., FAST '18;
// its README, "trace-based"): a request a line, five decimal numbers with one
// space between two: arrival in ns, device, first sector, sectors of 512 bytes,
// type (0 is a write, 1 is a read). Arrivals do not decrease. It returns an
// *Error.
func MQSim(file, text string) ([]Record, error) { return read(file, text, mqsimLine) }

// maxBlocks bounds the sectors of a request: what a WRITE(16) can name.
const maxBlocks = math.MaxUint32

func mqsimLine(line string) (Record, error) {
	var field [5]uint64
	most := [5]struct {
		name string
		max  uint64
	}{{"arrival", math.MaxInt64}, {"device", math.MaxUint32}, {"first sector", math.MaxInt64}, {"sectors", maxBlocks}, {"type", 1}}
	if strings.Count(line, " ") != len(field)-1 {
		return Record{}, fmt.Errorf("%w with one space between two: arrival in ns, device, first sector, sectors, type", ErrFields)
	}
	rest := line
	for i := range field {
		word, more, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil || n > most[i].max {
			return Record{}, fmt.Errorf("%w: %s is 0 to %d, not %q", ErrNumber, most[i].name, most[i].max, clip(word))
		}
		field[i], rest = n, more
	}
	if field[3] == 0 {
		return Record{}, fmt.Errorf("%w: a request has at least one sector", ErrNumber)
	}
	return Record{
		At:     time.Duration(field[0]),
		Device: uint32(field[1]),
		Extent: block.Extent{Start: block.LBA(field[2]), Blocks: field[3]},
		Write:  field[4] == 0,
	}, nil
}
