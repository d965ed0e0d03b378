// Package atomicfile writes files that appear whole or not at all.
//
// A file is written under a temporary name in the directory of its final name,
// synced to the disk, renamed, and the directory is synced. A reader sees the
// old file or the new one, also after a crash. On an error the temporary file
// is removed and an old file of that name stays as it was. Only a process
// killed outright leaves its temporary file, which is hidden
// (".name.PID-N.tmp") and never read.
//
// Errors are one line that begins with the path.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Write makes the file at path from what write puts into its argument. Where
// write returns an error, Write returns it, with the path in front, and leaves
// path alone.
func Write(path string, write func(w io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort() // after Commit it does nothing
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		if errors.Is(err, f.failed) {
			return f.failed // already begins with the path
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Commit()
}

// WriteBytes makes the file at path with the given contents.
func WriteBytes(path string, data []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// File is a file in the making. Write to it, then call Commit to make it
// appear at its path, or Abort to drop it. It is not safe for concurrent use.
type File struct {
	path   string // as the caller named it, for messages
	target string // with symbolic links resolved
	file   *os.File
	failed error // the first write error; such a file cannot be committed
	done   bool
}

// Create starts a file that Commit will place at path. Errors: path is a
// directory, a device or another special file; its directory is missing or
// cannot be written to. A symbolic link is followed, so that what it points to
// is replaced.
func Create(path string) (*File, error) {
	target := path
	if path == "" {
		return nil, errors.New("cannot write a file without a name")
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	}
	info, err := os.Stat(target)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s: cannot write: it is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: cannot write: it is not a regular file", path)
	case err == nil:
	case os.IsPathSeparator(path[len(path)-1]):
		return nil, fmt.Errorf("%s: cannot write: it names a directory", path)
	}
	dir, base := filepath.Split(target)
	// File names are limited to 255 bytes on most systems.
	base = strings.ToValidUTF8(base[:min(len(base), 200)], "")
	for i := range 10000 {
		name := fmt.Sprintf("%s.%s.%d-%d.tmp", dir, base, os.Getpid(), i)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		switch {
		case err == nil:
			return &File{path: path, target: target, file: f}, nil
		case errors.Is(err, fs.ErrExist):
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s: cannot write: the directory does not exist", path)
		default:
			return nil, fmt.Errorf("%s: cannot write: %w", path, cause(err))
		}
	}
	return nil, fmt.Errorf("%s: cannot write: the directory holds too many temporary files of this name", path)
}

// Write appends p to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, f.note(err)
}

// WriteAt writes p at byte off of the file. It does not move the place of Write.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.file.WriteAt(p, off)
	return n, f.note(err)
}

// note words the error of a write and remembers it.
func (f *File) note(err error) error {
	if err != nil {
		err = fmt.Errorf("%s: cannot write: %w", f.path, cause(err))
		if f.failed == nil {
			f.failed = err
		}
	}
	return err
}

// Commit syncs the file and renames it to its path. On an error the temporary
// file is removed; an error of the last step, the sync of the directory, leaves
// the new file in place. A file is committed once, and not after a failed
// Write.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("%s: cannot write: the file is already closed", f.path)
	}
	if f.failed != nil {
		f.Abort()
		return f.failed
	}
	f.done = true
	err := f.file.Sync()
	if e := f.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.file.Name(), f.target)
	}
	if err != nil {
		os.Remove(f.file.Name())
		return fmt.Errorf("%s: cannot write: %w", f.path, cause(err))
	}
	if err := syncDir(filepath.Dir(f.target)); err != nil {
		return fmt.Errorf("%s: cannot sync its directory: %w", f.path, cause(err))
	}
	return nil
}

// Abort drops the file. After Commit or Abort it does nothing, so it may be
// deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.file.Close()
	os.Remove(f.file.Name())
}

// syncDir makes a rename in dir durable, where the system can do that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a directory may allow writing but not reading
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // file systems without it
	}
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

// cause strips the operation and the temporary name from an error of package
// os.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
