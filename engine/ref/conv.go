package ref

import "etalon/graph"

// convolve adds up every product of a fine feature, a weight and a coarse feature
// that a convolution, its transpose or its weight gradient is made of, one by one.
func convolve(n *graph.Node, in []value, out []float64, rows int) {
	c := *n.Attr.Conv
	coarse := c.Out()
	fine, wide := c.FineWidth(), c.CoarseWidth()
	for oz := 0; oz < coarse[0]; oz++ {
		for oy := 0; oy < coarse[1]; oy++ {
			for ox := 0; ox < coarse[2]; ox++ {
				for kz := 0; kz < c.Kernel[0]; kz++ {
					for ky := 0; ky < c.Kernel[1]; ky++ {
						for kx := 0; kx < c.Kernel[2]; kx++ {
							z, y, x := oz*c.Stride[0]-c.Pad[0]+kz, oy*c.Stride[1]-c.Pad[1]+ky, ox*c.Stride[2]-c.Pad[2]+kx
							if z < 0 || z >= c.In[0] || y < 0 || y >= c.In[1] || x < 0 || x >= c.In[2] {
								continue
							}
							for ch := 0; ch < c.Channels; ch++ {
								for f := 0; f < c.Filters; f++ {
									i := ((z*c.In[1]+y)*c.In[2]+x)*c.Channels + ch
									o := ((oz*coarse[1]+oy)*coarse[2]+ox)*c.Filters + f
									w := (((kz*c.Kernel[1]+ky)*c.Kernel[2]+kx)*c.Channels+ch)*c.Filters + f
									for r := 0; r < rows; r++ {
										switch n.Op {
										case graph.OpConv:
											out[r*wide+o] += in[0].data[r*fine+i] * in[1].data[w]
										case graph.OpConvT:
											out[r*fine+i] += in[0].data[r*wide+o] * in[1].data[w]
										default:
											out[w] += in[0].data[r*fine+i] * in[1].data[r*wide+o]
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
}
