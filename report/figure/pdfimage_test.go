package figure

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// streams returns the inflated content of the page that draws images, and the images of a PDF.
func streams(t *testing.T, pdf []byte) (page string, images [][]byte) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?s)<<((?:[^<>]|<<[^<>]*>>)*)>>\s*stream\r?\n(.*?)\r?\nendstream`).FindAllSubmatch(pdf, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[2]))
		if err != nil {
			continue
		}
		text, err := io.ReadAll(z)
		if err != nil {
			continue
		}
		switch {
		case bytes.Contains(m[1], []byte("/Image")):
			images = append(images, text)
		case bytes.Contains(text, []byte(" Do")):
			page = string(text)
		}
	}
	return page, images
}

// The lowest row of a grid is at the bottom of a PDF, too: whether the page draws
// images upright is read from the transformations before the image, and the order of
// the image's rows from its first pixel, which the filters of PNG leave as it is.
func TestPDFImagesAreUpright(t *testing.T) {
	var buf bytes.Buffer
	err := Drawing{Width: 60, Height: 60, Draw: func(s *Sheet) {
		ax := Axes{Rect: Rect{X: 10, Y: 10, W: 40, H: 40}}
		ax.Grid(s, Grid{NX: 1, NY: 2, V: []float64{0, 1}}, Scale{Lo: 0, Hi: 1, Map: gray()})
	}}.PDF(&buf)
	if err != nil {
		t.Fatal(err)
	}
	page, images := streams(t, buf.Bytes())
	if len(images) != 1 || page == "" {
		t.Fatalf("%d images, page %.200q", len(images), page)
	}
	up, stack := 1.0, []float64{} // the sign of the y axis
	var numbers []float64
	for _, token := range strings.Fields(page) {
		if v, err := strconv.ParseFloat(token, 64); err == nil {
			numbers = append(numbers, v)
			continue
		}
		switch token {
		case "q":
			stack = append(stack, up)
		case "Q":
			up, stack = stack[len(stack)-1], stack[:len(stack)-1]
		case "cm":
			up *= numbers[len(numbers)-3]
		case "Do":
			light := images[0][1] > 0x80 // of the first row, after its filter's number
			if light != (up > 0) {
				t.Errorf("the upper row is light, but the image's first row has %#x and the y axis %g", images[0][1], up)
			}
			return
		}
		numbers = nil
	}
	t.Errorf("no image is drawn: %.300q", page)
}
