package workload

import (
	"math/bits"
	"strings"
)

// ddNumber reads a number as dd(1) does: decimal, octal after 0, hexadecimal
// after 0x, with a suffix b k m g t p w in either case, and factors joined by x
// or *. It is false for anything else and for a product beyond 2^63-1.
// FreeBSD bin/dd/args.c, get_num and postfix_to_mult.
func ddNumber(s string) (uint64, bool) {
	product := uint64(1)
	for {
		v, rest, ok := cNumber(s)
		if !ok {
			return 0, false
		}
		if rest != "" {
			if m := ddSuffix(rest[0]); m != 0 {
				rest = rest[1:]
				if v, ok = times(v, m); !ok {
					return 0, false
				}
			}
		}
		if product, ok = times(product, v); !ok {
			return 0, false
		}
		if rest == "" {
			return product, true
		}
		if !strings.ContainsRune("xX*", rune(rest[0])) {
			return 0, false
		}
		s = rest[1:]
	}
}

func ddSuffix(c byte) uint64 {
	switch c | 0x20 {
	case 'b':
		return 512
	case 'k':
		return 1 << 10
	case 'm':
		return 1 << 20
	case 'g':
		return 1 << 30
	case 't':
		return 1 << 40
	case 'p':
		return 1 << 50
	case 'w':
		return 4 // sizeof(int)
	}
	return 0
}

// cNumber reads the digits that strtoumax(3) with base 0 would, and returns
// what follows them.
func cNumber(s string) (v uint64, rest string, ok bool) {
	base := uint64(10)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && digit(s[2]) < 16 {
		base, s = 16, s[2:]
	} else if len(s) > 1 && s[0] == '0' {
		base = 8
	}
	i := 0
	for ; i < len(s) && digit(s[i]) < base; i++ {
		if v, ok = times(v, base); !ok {
			return 0, "", false
		}
		v += digit(s[i])
	}
	return v, s[i:], i > 0
}

func digit(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return uint64(c|0x20-'a') + 10
	}
	return 255
}

// times is a*b; false beyond the range of off_t.
func times(a, b uint64) (uint64, bool) {
	hi, lo := bits.Mul64(a, b)
	return lo, hi == 0 && lo < 1<<63
}
