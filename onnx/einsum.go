package onnx

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"etalon/graph"
)

// maxLetters bounds the axes of an Einsum.
const maxLetters = 16

// lowerEinsum adds up products of one operand or two over the axes that the result has
// not: each operand gets all letters as axes, those of the result first.
func lowerEinsum(l *lowering, in []*value) ([]*value, error) {
	if len(in) < 1 || len(in) > 2 {
		return nil, fmt.Errorf("%d operands; one or two are accepted", len(in))
	}
	if err := l.must(in, len(in)); err != nil {
		return nil, err
	}
	equation := strings.ReplaceAll(l.textAttr("equation", ""), " ", "")
	terms, result, explicit := strings.Cut(equation, "->")
	operands := strings.Split(terms, ",")
	if len(operands) != len(in) || strings.ContainsFunc(terms+result, func(r rune) bool { return r != ',' && (r > unicode.MaxASCII || !unicode.IsLetter(r)) }) {
		return nil, fmt.Errorf("the equation %.60q for %d operands; letters without … are accepted", equation, len(in))
	}
	if !explicit { // letters that stand once, in order
		for c := 'A'; c <= 'z'; c++ {
			if strings.Count(terms, string(c)) == 1 {
				result += string(c)
			}
		}
	}
	letters := result
	for _, c := range terms {
		if c != ',' && !strings.ContainsRune(letters, c) {
			letters += string(c)
		}
	}
	for i, c := range letters {
		if strings.ContainsRune(letters[:i], c) || !strings.ContainsRune(terms, c) {
			return nil, fmt.Errorf("the letter %c of the result in %.60q", c, equation)
		}
	}
	if len(letters) > maxLetters {
		return nil, fmt.Errorf("%d letters in %.60q; %d are accepted", len(letters), equation, maxLetters)
	}
	var x [2]*value
	for i, v := range in {
		var err error
		if x[i], err = l.lettered(v, operands[i], letters); err != nil {
			return nil, fmt.Errorf("%w in %.60q", err, equation)
		}
	}
	var summed []int
	for i := len(result); i < len(letters); i++ {
		summed = append(summed, i)
	}
	if len(in) == 2 {
		if y, ok, err := l.contracted(x[0], x[1], letters, result, operands[1], summed); ok || err != nil {
			return one(y, err)
		}
		y, err := l.zip(graph.Mul, x[0], x[1])
		if err != nil {
			return nil, err
		}
		x[0] = y
	}
	if len(summed) == 0 {
		return []*value{x[0]}, nil
	}
	return one(l.reduce(x[0], summed, false, leading.sum))
}

// lettered gives a value all letters as axes, of length 1 where it has none.
func (l *lowering) lettered(v *value, own, letters string) (*value, error) {
	if len(own) != len(v.dims) {
		return nil, fmt.Errorf("%s as %q", v.shape(), own)
	}
	var perm []int
	var dims []int
	for _, c := range letters {
		switch i := strings.IndexRune(own, c); {
		case i < 0:
			dims = append(dims, 1)
		case strings.Count(own, string(c)) > 1:
			return nil, fmt.Errorf("a diagonal of %s as %q, which is not supported", v.shape(), own)
		default:
			perm = append(perm, i)
			dims = append(dims, v.dims[i])
		}
	}
	w := v
	if !slices.IsSorted(perm) {
		w = v.transposed(perm)
	}
	w, err := l.as(w, dims)
	if err == nil && v.name != "" {
		w.name = v.name + ":" + own + ">" + letters
	}
	return w, err
}

// contracted is a product with a constant matrix: where the letters of the constant are
// the last ones of the result and those that are summed, and the other operand has no
// letters of the result that the constant has.
func (l *lowering) contracted(a, b *value, letters, result, own string, summed []int) (*value, bool, error) {
	if a.constant() || !b.constant() || len(summed) == 0 || a.batchAxis() != 0 {
		return nil, false, nil
	}
	k, n, at := 1, 1, len(result)
	for i, c := range letters {
		inB := strings.ContainsRune(own, c)
		switch {
		case i >= len(result):
			if !inB || a.dims[i] != b.dims[i] {
				return nil, false, nil
			}
			k *= a.dims[i]
		case inB:
			if a.dims[i] != 1 {
				return nil, false, nil
			}
			at = min(at, i)
			n *= b.dims[i]
		case i > at:
			return nil, false, nil
		}
	}
	if n > maxGather || k > maxGather {
		return nil, false, nil
	}
	x, err := l.as(a, append(slices.Clone(a.dims[:at]), k))
	if err != nil {
		return nil, true, err
	}
	m, err := l.as(b, []int{n, k})
	if err != nil {
		return nil, true, err
	}
	name := m.name
	if m = m.transposed([]int{1, 0}); name != "" {
		m.name = name + ":matrix"
	}
	y, err := l.matmul(x, m)
	if err != nil {
		return nil, true, err
	}
	y, err = l.as(y, append(slices.Clone(a.dims[:at]), b.dims[at:len(result)]...))
	return y, true, err
}
