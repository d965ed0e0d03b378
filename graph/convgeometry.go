package graph

import "fmt"

// ConvGeometry has the sizes of a convolution. It joins a fine volume, which a
// convolution reads and a transposed convolution writes, and a coarse one, where it
// is the other way round. Axes are z, y, x.
//
// A volume is a vector of features with the channels last: channel c of position
// (z, y, x) is feature ((z·H + y)·W + x)·C + c of a volume D×H×W of C channels.
// Along each axis fine position o·Stride − Pad + k meets coarse position o through
// tap k, 0 ≤ k < Kernel. Weights are a matrix of Taps()·Channels rows and Filters
// columns: row ((kz·KH + ky)·KW + kx)·Channels + c. PyTorch's Conv3d.weight
// [f][c][kz][ky][kx] and ConvTranspose3d.weight [f][c][kz][ky][kx] (for the latter, f
// counts the channels that come in) are element [((kz·KH+ky)·KW+kx)·Channels + c][f].
type ConvGeometry struct {
	In       [3]int // positions of the fine volume
	Kernel   [3]int // taps
	Stride   [3]int // from 1
	Pad      [3]int // positions of zeros on both sides of the fine volume, less than Kernel
	Channels int    // features at each position of the fine volume
	Filters  int    // features at each position of the coarse volume
}

const maxDimension = 1 << 24

// Out returns the positions of the coarse volume, ⌊(In + 2·Pad − Kernel)/Stride⌋ + 1.
func (c ConvGeometry) Out() [3]int {
	var out [3]int
	for i := range out {
		out[i] = (c.In[i]+2*c.Pad[i]-c.Kernel[i])/c.Stride[i] + 1
	}
	return out
}

// Transposed returns the geometry of a transposed convolution that takes a volume of
// `coarse` positions, with the In that follows: In = (coarse − 1)·Stride − 2·Pad + Kernel + outPad.
// The other fields are those of c. An outPad outside of 0 … Stride−1 gives an In for which
// Check fails or Out is not coarse; callers check.
func (c ConvGeometry) Transposed(coarse, outPad [3]int) (ConvGeometry, error) {
	for i := range coarse {
		if coarse[i] < 1 || coarse[i] > maxDimension || c.Stride[i] < 1 || c.Stride[i] > maxDimension || c.Kernel[i] < 1 || c.Kernel[i] > maxDimension || c.Pad[i] < 0 || c.Pad[i] >= c.Kernel[i] {
			return c, fmt.Errorf("%w: transposed convolution of %v positions with kernel %v, stride %v, padding %v", ErrShape, coarse, c.Kernel, c.Stride, c.Pad)
		}
		if outPad[i] < 0 || outPad[i] >= c.Stride[i] {
			return c, fmt.Errorf("%w: output padding %v with stride %v; 0 to stride-1 is accepted", ErrShape, outPad, c.Stride)
		}
		c.In[i] = (coarse[i]-1)*c.Stride[i] - 2*c.Pad[i] + c.Kernel[i] + outPad[i]
	}
	return c, c.Check()
}

// Check tells what is wrong with the sizes. Volumes and weights have at most 2^24
// features and rows.
func (c ConvGeometry) Check() error {
	fine, coarse, taps := c.Channels, c.Filters, c.Channels
	if c.Channels < 1 || c.Filters < 1 || c.Channels > maxDimension || c.Filters > maxDimension {
		return fmt.Errorf("%w: convolution of %d channels to %d", ErrShape, c.Channels, c.Filters)
	}
	for i, axis := range []string{"z", "y", "x"} {
		n, k, s, p := c.In[i], c.Kernel[i], c.Stride[i], c.Pad[i]
		switch {
		case n < 1 || n > maxDimension || k < 1 || k > maxDimension || s < 1 || s > maxDimension:
			return fmt.Errorf("%w: convolution along %s: %d positions, kernel %d, stride %d; 1 to 2^24 is accepted", ErrShape, axis, n, k, s)
		case p < 0 || p >= k:
			return fmt.Errorf("%w: convolution along %s: padding %d with kernel %d; 0 to kernel-1 is accepted", ErrShape, axis, p, k)
		case n+2*p < k:
			return fmt.Errorf("%w: convolution along %s: kernel %d is longer than %d positions with padding %d", ErrShape, axis, k, n, p)
		}
	}
	out := c.Out()
	for i := range out {
		fine, coarse, taps = fine*c.In[i], coarse*out[i], taps*c.Kernel[i]
		if fine > maxDimension || coarse > maxDimension || taps > maxDimension {
			return fmt.Errorf("%w: a convolution of %v positions with kernel %v, %d to %d channels is larger than 2^24", ErrShape, c.In, c.Kernel, c.Channels, c.Filters)
		}
	}
	return nil
}

// Taps is the number of taps of the kernel.
func (c ConvGeometry) Taps() int { return c.Kernel[0] * c.Kernel[1] * c.Kernel[2] }

// FineWidth is the number of features of the fine volume.
func (c ConvGeometry) FineWidth() int { return c.In[0] * c.In[1] * c.In[2] * c.Channels }

// CoarseWidth is the number of features of the coarse volume.
func (c ConvGeometry) CoarseWidth() int {
	o := c.Out()
	return o[0] * o[1] * o[2] * c.Filters
}

// WeightShape is the shape of the weights.
func (c ConvGeometry) WeightShape() (rows, columns int) { return c.Taps() * c.Channels, c.Filters }

func (c ConvGeometry) String() string {
	return fmt.Sprintf("%d×%d×%d×%d by kernel %d×%d×%d, stride %d×%d×%d, padding %d×%d×%d to %d channels", c.In[0], c.In[1], c.In[2], c.Channels,
		c.Kernel[0], c.Kernel[1], c.Kernel[2], c.Stride[0], c.Stride[1], c.Stride[2], c.Pad[0], c.Pad[1], c.Pad[2], c.Filters)
}
