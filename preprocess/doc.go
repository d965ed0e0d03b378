// Package preprocess maps the columns of tables to where networks learn them easily,
// and back: logarithms of positive columns, logits of bounded ones.
//
// A network sees (T(x) - shift)/scale, T a Transform, column by column; the shift and the
// scale are those of the transformed columns. A generator undoes both, x = T⁻¹(y·scale +
// shift), so that its points never leave the bounds, and its density in units of x takes
// the Jacobian of T. A density ratio needs none: it is the same in T(x) and in x.
package preprocess
