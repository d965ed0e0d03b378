package figure

import "image"

// upsideDown returns the image with the order of its rows reversed. The PDF canvas
// turns its y axis by a transformation of the page and does not turn images back.
func upsideDown(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	h := img.Rect.Dy()
	for y := range h {
		copy(out.Pix[y*out.Stride:][:out.Stride], img.Pix[(h-1-y)*img.Stride:][:img.Stride])
	}
	return out
}
