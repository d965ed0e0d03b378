package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"etalon/internal/hdf5"
)

// pandas (HDFStore) keeps a data frame in a group. In its "table" format that is
// group/table, a compound of the index and of blocks of columns of one type,
// values_block_0 …; in its "fixed" format arrays block0_values …, with the names in
// block0_items. The names of a table, and the order of the columns, are pickled Python
// lists in attributes.

// frame is an open data frame.
type frame struct {
	parts []*hdf5.Dataset
	order []int
}

// openFrame opens the data frame at a path, that of its group or of the table in it; ok
// is false where there is none.
func openFrame(h *hdf5.File, path string) (f frame, names []string, ok bool, err error) {
	group := strings.TrimRight(path, "/")
	if parent, isTable := strings.CutSuffix(group, "/table"); isTable && frameKind(h, parent) == "frame_table" {
		group = parent
	}
	switch kind := frameKind(h, group); kind {
	case "frame_table":
		names, err = f.openTable(h, group)
	case "frame":
		names, err = f.openFixed(h, group)
	default:
		return f, nil, false, nil
	}
	return f, names, true, err
}

// frameKind returns the attribute pandas_type of a group, "" for none.
func frameKind(h *hdf5.File, group string) string {
	a, err := h.Attributes("/" + group)
	if err != nil {
		return ""
	}
	return text(a, "pandas_type")
}

func text(list []hdf5.Attribute, name string) string {
	for _, a := range list {
		if a.Name == name && len(a.Strings) == 1 {
			return a.Strings[0]
		}
	}
	return ""
}

func (f *frame) openTable(h *hdf5.File, group string) (names []string, err error) {
	table := group + "/table"
	d, err := h.Dataset(table)
	if err != nil {
		return nil, err
	}
	outer, err := h.Attributes("/" + group)
	if err != nil {
		return nil, err
	}
	inner, err := d.Attributes()
	if err != nil {
		return nil, err
	}
	values := pickledList(text(outer, "values_cols"))
	for _, field := range d.Type.Fields {
		if values != nil && !slices.Contains(values, field.Name) || values == nil && field.Name == "index" || !field.Type.Numeric() {
			continue // the index, or texts
		}
		part, err := d.Field(field.Name)
		if err != nil {
			return nil, err
		}
		f.parts = append(f.parts, part)
		if kind := pickledList(text(inner, field.Name+"_kind")); uint64(len(kind)) == part.RowSize() {
			names = append(names, kind...)
		} else {
			names = append(names, fieldNames(field.Name, part)...)
		}
	}
	if len(f.parts) == 0 {
		return nil, fmt.Errorf("%s: the data frame has no columns of numbers", table)
	}
	// The columns of the frame in their order: [(1, ['x', 'y'])].
	if axes := pickledList(text(outer, "non_index_axes")); len(axes) > 1 && axes[0] == "1" {
		f.arrange(names, axes[1:])
	}
	return arranged(names, f.order), nil
}

// arrange finds the order of the frame's columns, unless the names do not tell it.
func (f *frame) arrange(names, wanted []string) {
	var kept []string
	for _, name := range wanted {
		if slices.Contains(names, name) { // others are texts
			kept = append(kept, name)
		}
	}
	order := make([]int, len(names))
	for i, name := range names {
		if order[i] = slices.Index(kept, name); order[i] < 0 || slices.Contains(order[:i], order[i]) {
			return
		}
	}
	if len(kept) == len(names) && !slices.IsSorted(order) {
		f.order = order
	}
}

func arranged(names []string, order []int) []string {
	if order == nil {
		return names
	}
	sorted := make([]string, len(names))
	for i, j := range order {
		sorted[j] = names[i]
	}
	return sorted
}

// openFixed opens the blocks of a frame in the fixed format.
func (f *frame) openFixed(h *hdf5.File, group string) (names []string, err error) {
	for i := 0; ; i++ {
		block := fmt.Sprintf("%s/block%d_", group, i)
		d, err := h.Dataset(block + "values")
		if errors.Is(err, hdf5.ErrNotFound) && i > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		if !d.Type.Numeric() || len(d.Shape) != 2 {
			continue // pickled objects
		}
		f.parts = append(f.parts, d)
		items, err := frameNames(h, block+"items", d.RowSize())
		if err != nil {
			return nil, err
		}
		names = append(names, items...)
	}
	if len(f.parts) == 0 {
		return nil, fmt.Errorf("%s: the data frame has no columns of numbers", group)
	}
	axis, err := h.Dataset(group + "/axis0")
	if err != nil {
		return nil, err
	}
	if axis.Rows() < maxColumns {
		if wanted, err := frameNames(h, group+"/axis0", axis.Rows()); err == nil {
			f.arrange(names, wanted)
		}
	}
	return arranged(names, f.order), nil
}

// frameNames reads n names of columns, texts or numbers.
func frameNames(h *hdf5.File, path string, n uint64) ([]string, error) {
	d, err := h.Dataset(path)
	if err != nil {
		return nil, err
	}
	if d.Rows() != n || n > maxColumns {
		return nil, fmt.Errorf("%s: %s for %d columns", path, plural(d.Rows(), "name"), n)
	}
	if !d.Type.Numeric() {
		return d.ReadStrings(maxNames)
	}
	numbers := make([]float64, n)
	if d.RowSize() != 1 || n > d.StoredAtMost() {
		return nil, fmt.Errorf("%s: %d names of columns", path, n)
	}
	if err := d.ReadRows64(0, n, numbers); err != nil {
		return nil, err
	}
	names := make([]string, n)
	for i, v := range numbers {
		names[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return names, nil
}

// maxNames bounds the bytes of names of columns.
const maxNames = 16 << 20

// onlyFrame returns the group that all tables of a file belong to, if it is a frame of
// pandas in the fixed format.
func onlyFrame(h *hdf5.File, tables []string) string {
	group := tables[0][:strings.LastIndexByte(tables[0], '/')]
	for _, t := range tables {
		if t[:strings.LastIndexByte(t, '/')] != group {
			return ""
		}
	}
	if frameKind(h, group) != "frame" {
		return ""
	}
	return group
}

// pickledList reads the texts and integers in a pickled list (protocol 0, which is text),
// also of nested ones; nil where there is anything else.
func pickledList(s string) []string {
	if len(s) > maxNames || !strings.HasPrefix(s, "(l") {
		return nil
	}
	list, memo := []string{}, map[string]string{}
	last := ""
	line := func() string {
		text, rest, _ := strings.Cut(s, "\n")
		s = rest
		return text
	}
	for s != "" {
		op := s[0]
		s = s[1:]
		switch op {
		case '(', 'l', 't', 'a': // marks, lists, tuples
		case 'p':
			memo[line()] = last
		case 'g':
			last = memo[line()]
			list = append(list, last)
		case 'I', 'L':
			last = strings.TrimSuffix(line(), "L")
			list = append(list, last)
		case 'V':
			text, ok := rawUnicode(line())
			if !ok {
				return nil
			}
			last = text
			list = append(list, last)
		case '.':
			return list
		default:
			return nil
		}
	}
	return nil
}

// rawUnicode decodes Python's raw-unicode-escape: bytes are characters of Latin-1, others
// are \uxxxx or \Uxxxxxxxx.
func rawUnicode(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		digits := 0
		if s[i] == '\\' && i+1 < len(s) {
			digits = map[byte]int{'u': 4, 'U': 8}[s[i+1]]
		}
		if digits == 0 {
			b.WriteRune(rune(s[i]))
			continue
		}
		if i+2+digits > len(s) {
			return "", false
		}
		v, err := strconv.ParseUint(s[i+2:i+2+digits], 16, 31)
		if err != nil {
			return "", false
		}
		b.WriteRune(rune(v))
		i += 1 + digits
	}
	return b.String(), true
}
