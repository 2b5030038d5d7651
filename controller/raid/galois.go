package raid

import "tbraid/internal/block"

// Q is computed in GF(2^8) with the polynomial x^8+x^4+x^3+x^2+1 (0x11d) and the
// generator 2, on each of the eight bytes of a tag by itself, as Linux md does on
// the bytes of a block (H. P. Anvin, "The mathematics of RAID-6").

// double multiplies each byte of t by the generator.
func double(t block.Tag) block.Tag {
	const low7, bit0 = 0x7f7f7f7f7f7f7f7f, 0x0101010101010101
	return t&low7<<1 ^ t>>7&bit0*0x1d
}

// multiply multiplies each byte of t by c.
func multiply(c byte, t block.Tag) block.Tag {
	var product block.Tag
	for ; c != 0; c >>= 1 {
		if c&1 != 0 {
			product ^= t
		}
		t = double(t)
	}
	return product
}

// power is the generator raised to n: the weight of data chunk n in Q.
func power(n int) byte {
	t := block.Tag(1)
	for range n {
		t = double(t)
	}
	return byte(t)
}

// inverse is the c' with c·c' = 1, which is c^254; c must not be 0.
func inverse(c byte) byte {
	square, product := block.Tag(c), block.Tag(1)
	for range 7 { // 254 = 2+4+…+128
		square = multiply(byte(square), square)
		product = multiply(byte(square), product)
	}
	return byte(product)
}

// sum is what P must be for the data tags of a row.
func sum(data []block.Tag) (p block.Tag) {
	for _, t := range data {
		p ^= t
	}
	return p
}

// syndromes is what P and Q must be for the data tags of a row, by Horner's rule.
func syndromes(data []block.Tag) (p, q block.Tag) {
	for i := len(data) - 1; i >= 0; i-- {
		p ^= data[i]
		q = double(q) ^ data[i]
	}
	return p, q
}
