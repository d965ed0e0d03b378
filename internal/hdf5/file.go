package hdf5

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const (
	maxDepth   = 64      // of groups
	maxObjects = 1 << 16 // of a file, for listing
	maxHops    = 16      // soft links behind each other
)

// File is an open HDF5 file. It is not safe for concurrent use.
type File struct {
	src    *source
	root   uint64
	name   string // begins errors; may be empty
	closer io.Closer
	groups map[uint64][]link // members of some groups, by the address of their headers
}

// links returns the members of a group, sorted by name; ok is false where the object is
// none.
func (f *File) links(h *header) (links []link, ok bool, err error) {
	if links, ok = f.groups[h.addr]; ok {
		return links, true, nil
	}
	if links, ok, err = f.src.links(h); ok && err == nil {
		if len(f.groups) == maxDepth || f.groups == nil {
			f.groups = map[uint64][]link{} // kept for paths that share their beginning
		}
		f.groups[h.addr] = links
	}
	return links, ok, err
}

// Open opens a file. Errors are one line that begins with the path.
func Open(path string) (*File, error) {
	// A look before, because opening a pipe would wait for a writer.
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var r *os.File
	if err == nil {
		r, err = os.Open(path)
	}
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := New(r, info.Size())
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.name, f.closer = path, r
	return f, nil
}

// New reads a file of size bytes.
func New(r io.ReaderAt, size int64) (*File, error) {
	f := &File{src: &source{r: r, size: uint64(size)}}
	var err error
	f.root, err = openSuperblock(f.src)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Close closes what Open has opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// wrap puts the name of the file and of an object before an error.
func (f *File) wrap(path string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errors.New("the file ends too early")
	}
	if path != "" {
		err = fmt.Errorf("%.200s: %w", path, err)
	}
	if f.name != "" {
		err = fmt.Errorf("%s: %w", f.name, err)
	}
	return err
}

// Datasets returns the paths of all data sets, in the order of their names. Soft links
// are not followed.
func (f *File) Datasets() ([]string, error) {
	var list []string
	seen := map[uint64]bool{f.root: true} // groups
	objects := 0
	var walk func(prefix string, h *header, depth int) error
	walk = func(prefix string, h *header, depth int) error {
		links, _, err := f.links(h)
		if err != nil {
			return f.wrap(prefix+"/", err)
		}
		if depth == maxDepth {
			return f.wrap(prefix, fmt.Errorf("groups are nested more than %d deep", maxDepth))
		}
		for _, l := range links {
			if l.addr == undefined || seen[l.addr] {
				continue
			}
			if objects++; objects > maxObjects {
				return f.wrap("", fmt.Errorf("the file has more than %d objects", maxObjects))
			}
			path := prefix + "/" + l.name
			child, err := f.src.readHeader(l.addr)
			if err != nil {
				return f.wrap(path, err)
			}
			switch {
			case child.get(msgLayout) != nil:
				list = append(list, path)
			case child.get(msgSymbolTable) != nil || child.get(msgLinkInfo) != nil || child.get(msgLink) != nil:
				seen[l.addr] = true
				if err := walk(path, child, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	h, err := f.src.readHeader(f.root)
	if err != nil {
		return nil, f.wrap("", err)
	}
	err = walk("", h, 0)
	return list, err
}

// ErrNotFound is the error of a path that leads nowhere.
var ErrNotFound = errors.New("there is no such object")

// find follows a path from the root. Where it leads on below a data set, rest is what
// is left of it.
func (f *File) find(path string) (h *header, rest string, err error) {
	hops := 0
	var from func(base []string, path string) (*header, string, error)
	from = func(base []string, path string) (*header, string, error) {
		if strings.HasPrefix(path, "/") {
			base = nil
		}
		var names []string
		for _, n := range append(append([]string{}, base...), strings.Split(path, "/")...) {
			if n != "" && n != "." {
				names = append(names, n)
			}
		}
		h, err := f.src.readHeader(f.root)
		if err != nil {
			return nil, "", err
		}
		for i, name := range names {
			if h.get(msgLayout) != nil {
				return h, strings.Join(names[i:], "/"), nil
			}
			links, ok, err := f.links(h)
			if err != nil {
				return nil, "", err
			}
			var next *link
			if j, found := slices.BinarySearchFunc(links, name, func(l link, name string) int { return strings.Compare(l.name, name) }); found {
				next = &links[j]
			}
			switch {
			case !ok || next == nil || next.addr == undefined && next.soft == "":
				return nil, "", ErrNotFound
			case next.addr == undefined:
				if hops++; hops > maxHops {
					return nil, "", fmt.Errorf("more than %d soft links lead on to each other", maxHops)
				}
				return from(names[:i], next.soft+"/"+strings.Join(names[i+1:], "/"))
			}
			if h, err = f.src.readHeader(next.addr); err != nil {
				return nil, "", err
			}
		}
		return h, "", nil
	}
	return from(nil, path)
}

// Attributes returns the attributes of a group or a data set, sorted by name. The path
// of the root is "/".
func (f *File) Attributes(path string) ([]Attribute, error) {
	h, rest, err := f.find(path)
	if err == nil && rest != "" {
		err = ErrNotFound
	}
	if err != nil {
		return nil, f.wrap(path, err)
	}
	list, err := f.src.attributes(h)
	if err != nil {
		return nil, f.wrap(path, err)
	}
	return list, nil
}
