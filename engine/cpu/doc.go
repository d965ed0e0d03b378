// Package cpu compiles a graph to a program and runs it in float32 on the cores
// of this machine.
//
// # How a program runs
//
// The batch is cut into blocks of rows, small enough that the intermediate values
// of a block mostly stay in a core's cache. Inside a block tensors are
// feature-major: a tensor of d features is d runs of ld floats, one float per
// row, ld a multiple of simd.Lanes. Rows are the vector dimension, so weights
// broadcast, columns split and join without moving, and a width of one costs no
// padding. A worker runs all operations of the program on one block, then takes
// the next; the elementwise operations between two matrix products are one call.
// Sums over rows go to a buffer per group of blocks, and the groups are added in a
// fixed order.
//
// # Determinism
//
// The value of a row does not depend on the block in which it lies. Where rows are
// summed, blocks and groups depend on the program and on the number of rows, never
// on the number of threads or the size of a cache: the same program on the same CPU
// features gives the same bytes with any number of threads.
//
// # Convolutions
//
// A volume is a row with the channels last, so the channels of neighbouring positions
// are neighbouring features, and the sum that makes a position is a few runs of them:
// convolutions are matrix products that read those runs where they lie (simd.RunGemm), the
// columns of which are the rows of positions that the same taps reach. Nothing is copied.
//
// Their tensors are wide. Blocks of a program with convolutions are multiples of 16
// rows, 96 at most, and fewer as soon as a block's tensors would take more than 16 MiB: a worker takes
// 64 bytes for each feature that lives at the same time, whatever the batch.
//
// # Phases
//
// A row operation that needs a sum over rows (the normalisation of weights, say)
// can run only after that sum is complete. The compiler schedules every node as
// late as it may and splits the program into phases where it must; row tensors
// that are needed again after a split are kept for the whole batch.
//
// # Memory
//
// All buffers are laid out at compile time; Program.Footprint tells their size. Run
// does not allocate, except when it meets a larger batch than before and kept
// tensors must grow.
package cpu
