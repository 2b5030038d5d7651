package configs

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// The units of quantities, by the name that the unit tag uses.
const (
	unitBytes    = "bytes"
	unitRate     = "rate"
	unitDuration = "duration"
	unitPercent  = "percent"
)

// ParseQuantity reads a number as a key with that unit takes it: bytes, rate,
// duration, percent or count. The result is in bytes, bytes a second, nanoseconds,
// per cent, or just a count.
func ParseQuantity(text, unit string) (uint64, error) { return quantity(text, unit) }

// QuantityForm says in words what ParseQuantity takes, with an example.
func QuantityForm(unit string) string { return takes(unit) }

// takes says in words what a key of the unit takes, with an example.
func takes(unit string) string {
	switch unit {
	case unitBytes:
		return "a size with its unit, such as 256KiB, 1GiB (2^30) or 6TB (10^12)"
	case unitRate:
		return "bytes a second, such as 2750MB/s or 1.5GB/s"
	case unitDuration:
		return "a duration with its unit, such as 60us, 250ms, 4s or 72h"
	case unitPercent:
		return "a percentage, such as 80%"
	}
	return "a whole number, such as 12"
}

// decimal is a number as people write it: no sign, no exponent, no separator.
var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// quantity reads a number in the given unit; the result is in bytes, bytes a
// second, nanoseconds, per cent, or just a count. Zero needs no unit.
func quantity(text, unit string) (uint64, error) {
	switch {
	case strings.HasPrefix(text, "-"):
		return 0, fmt.Errorf("%s is negative", text)
	case text == "0":
		return 0, nil
	case unit == unitBytes:
		return parseBytes(text)
	case unit == unitRate:
		size, ok := strings.CutSuffix(text, "/s")
		if !ok {
			return 0, fmt.Errorf("%q is no rate", text)
		}
		return parseBytes(strings.TrimSpace(size))
	case unit == unitDuration:
		return parseDuration(text)
	case unit == unitPercent:
		number, ok := strings.CutSuffix(text, "%")
		if !ok {
			return 0, fmt.Errorf("%q has no unit", text)
		}
		return parseCount(strings.TrimSpace(number))
	}
	return parseCount(text)
}

func parseCount(text string) (uint64, error) {
	if !decimal.MatchString(text) || len(text) > 1 && text[0] == '0' || strings.Contains(text, ".") {
		return 0, fmt.Errorf("%q is no whole number", text)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is too large", text)
	}
	return n, nil
}

func parseDuration(text string) (uint64, error) {
	if decimal.MatchString(text) {
		return 0, fmt.Errorf("%q has no unit", text)
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	return uint64(d), nil
}

// byteUnits are the units that are read and written; binary ones first, so that
// they are preferred when both fit.
var byteUnits = []struct {
	name  string
	bytes uint64
}{
	{"PiB", 1 << 50}, {"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"PB", 1e15}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// exact is the range in which a size survives the floating point of the parser.
const exact = 1 << 53

// parseBytes reads a size. Units are spelled in full: whether "M" is 2^20 or
// 10^6 depends on whom one asks, and a small b is bits.
func parseBytes(text string) (uint64, error) {
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := text[len(number):]
	number = strings.TrimSpace(number)
	switch {
	case !decimal.MatchString(number):
		return 0, fmt.Errorf("%q is no size", text)
	case unit == "":
		return 0, fmt.Errorf("%q has no unit", text)
	case strings.HasSuffix(unit, "b"):
		return 0, fmt.Errorf("%q: b is bits; write B for bytes", text)
	}
	if !knownByteUnit(unit) {
		return 0, fmt.Errorf("%q: %q is no unit: write KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (of 1000)", text, unit)
	}
	n, err := humanize.ParseBytes(number + unit)
	if err != nil || n > exact {
		return 0, fmt.Errorf("%s is too large", text)
	}
	return n, nil
}

func knownByteUnit(unit string) bool {
	for _, u := range byteUnits {
		if u.name == unit {
			return true
		}
	}
	return unit == "KB"
}

// formatBytes writes a size in the unit that gives the smallest whole number, or
// in bytes if that number is long anyway.
func formatBytes(n uint64) string {
	best, name := n, "B"
	for _, u := range byteUnits {
		if n != 0 && n%u.bytes == 0 && n/u.bytes < best {
			best, name = n/u.bytes, u.name
		}
	}
	if best > 99999 {
		best, name = n, "B"
	}
	return strconv.FormatUint(best, 10) + name
}

// formatRate writes a rate, in decimal units as links and disks are sold.
func formatRate(n uint64) string {
	for _, u := range byteUnits {
		if !strings.Contains(u.name, "i") && n >= u.bytes && n%u.bytes == 0 && (u.bytes < 1e9 || n/u.bytes >= 10) {
			return strconv.FormatUint(n/u.bytes, 10) + u.name + "/s"
		}
	}
	return strconv.FormatUint(n, 10) + "B/s"
}

// formatQuantity is the inverse of quantity.
func formatQuantity(n uint64, unit string) string {
	switch unit {
	case unitBytes:
		return formatBytes(n)
	case unitRate:
		return formatRate(n)
	case unitDuration:
		return formatDuration(time.Duration(min(n, math.MaxInt64)))
	case unitPercent:
		return strconv.FormatUint(n, 10) + "%"
	}
	return strconv.FormatUint(n, 10)
}

// formatDuration writes 72h where the library writes 72h0m0s.
func formatDuration(d time.Duration) string {
	s := strings.Replace(d.String(), "µ", "u", 1)
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
