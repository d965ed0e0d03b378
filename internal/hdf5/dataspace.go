package hdf5

import "fmt"

// maxRank is HDF5's own bound on the number of dimensions.
const maxRank = 32

// dataspace is the shape of a data set or an attribute; a scalar has rank 0.
type dataspace struct {
	dims []uint64
	most []uint64 // greatest dims; undefined where unlimited
	null bool     // no values at all
}

func parseDataspace(c *cursor) (*dataspace, error) {
	version, rank, flags := c.u8(), int(c.u8()), c.u8()
	d := &dataspace{}
	switch version {
	case 1:
		c.skip(5)
	case 2:
		d.null = c.u8() == 2
	default:
		return nil, fmt.Errorf("data space of version %d; 1 and 2 are accepted", version)
	}
	if rank > maxRank {
		return nil, fmt.Errorf("%d dimensions; up to %d are accepted", rank, maxRank)
	}
	for range rank {
		d.dims = append(d.dims, c.length())
	}
	d.most = d.dims
	if flags&1 != 0 {
		d.most = nil
		for i := range rank {
			m := c.length()
			if m == undefined>>(64-8*c.src.lengthSize) {
				m = undefined
			}
			if m < d.dims[i] {
				return nil, fmt.Errorf("dimension %d has length %d, above its greatest length %d", i, d.dims[i], m)
			}
			d.most = append(d.most, m)
		}
	}
	return d, c.err()
}

// count returns the number of values, or an error where they cannot be counted or one
// of size bytes each would not fit an int64.
func (d *dataspace) count(size uint64) (uint64, error) {
	if d.null {
		return 0, nil
	}
	n := uint64(1)
	const limit = 1 << 62
	for _, m := range d.dims {
		if m == 0 {
			return 0, nil
		}
	}
	for _, m := range d.dims {
		if m > limit/n/max(size, 1) {
			return 0, fmt.Errorf("a shape of %d has more values than any file can hold", d.dims)
		}
		n *= m
	}
	return n, nil
}
