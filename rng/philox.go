package rng

// Constants of Philox4x32 (Salmon et al. 2011, section 3.3): the two
// multipliers and the two Weyl increments of the key schedule.
const (
	philoxM0 = 0xD2511F53
	philoxM1 = 0xCD9E8D57
	philoxW0 = 0x9E3779B9
	philoxW1 = 0xBB67AE85
)

// philox is Philox4x32-10: ten rounds on the counter (c0, c1, c2, c3) under
// the key (k0, k1). It takes and returns words rather than arrays, so that
// all of them stay in registers.
func philox(k0, k1, c0, c1, c2, c3 uint32) (r0, r1, r2, r3 uint32) {
	for range 5 {
		p0 := uint64(c0) * philoxM0
		p1 := uint64(c2) * philoxM1
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += philoxW0
		k1 += philoxW1

		p0 = uint64(c0) * philoxM0
		p1 = uint64(c2) * philoxM1
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += philoxW0
		k1 += philoxW1
	}
	return c0, c1, c2, c3
}
