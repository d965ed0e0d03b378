// Package figure draws scientific figures: framed axes, curves, bands,
// histograms, 2-D maps with colour bars and legends, as PNG and as PDF.
//
// A figure is a function that draws on a [Sheet]; [PNG] and [PDF] run it on a
// raster and on a vector page, so both always show the same thing. Lengths on
// a sheet are points (1/72 inch), measured from the top left corner, x to the
// right and y downwards. Data coordinates live in [Axes] only.
//
// Text is drawn as glyph outlines of the Liberation Sans faces, so Greek,
// superscripts and the minus sign look the same in both formats. Strings may
// hold a little markup, see [TextStyle].
//
// Two-dimensional maps are painted pixel by pixel without antialiased cell
// borders, so that no hairlines appear between bins.
//
// Equal input gives equal bytes, in both formats.
package figure
