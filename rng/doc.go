// Package rng provides counter-based random streams.
//
// Every random number is a pure function of a stream (seed and name), a step,
// a row and a column, through the block cipher Philox4x32-10 of Salmon,
// Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC'11. There is no hidden state, so a batch may be cut into blocks, blocks
// may run on any number of threads, and a run may be resumed or sharded: the
// numbers stay the same.
//
// # Key
//
// The 64-bit key of a stream is
//
//	key = mix(mix(seed) XOR fnv(name))
//
// with fnv the 64-bit FNV-1a hash of the bytes of the name and mix the output
// function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, with Stafford's
// variant 13 constants) after one step of its Weyl sequence. For a fixed name
// the map from seed to key is a bijection; for a fixed seed two names share a
// key only if their FNV hashes are equal.
//
// # Counter
//
// The 128-bit counter holds, from the least significant word,
//
//	c0 = low 32 bits of row
//	c1 = high 32 bits of row
//	c2 = low 32 bits of step
//	c3 = use (2 bits) | bits 32..47 of step (16 bits) | col/4 (14 bits)
//
// so all rows below 2^64, steps below 2^48 and columns below 2^16 have distinct
// counters; larger steps and columns panic. The use separates uniforms,
// normals, sequential sources and permutations of one stream from each other.
// Word col%4 of the block belongs to column col.
//
// # Values
//
// A word x gives the uniform u = (min(x, 2^32-129) + 1/2) / 2^32, which lies
// strictly inside (0, 1) and stays there when rounded to float32. Normals are
// made by Box and Muller's transform from two words (x, y) of one block: with
// u = (x + 1/2) / 2^32 and v = y / 2^32,
//
//	sqrt(-2 ln u) cos(2 pi v)   for the even column
//	sqrt(-2 ln u) sin(2 pi v)   for the odd column
//
// Normals are bounded by sqrt(66 ln 2) = 6.76; the mass beyond is 1.4e-11.
package rng
