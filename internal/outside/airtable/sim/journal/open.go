package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Open opens or creates the file at path, hands every whole line to replay in the order in which they were appended,
// and cuts off a torn tail. It refuses a file that another process has open, one that is not a journal, and one that is
// damaged anywhere but at its end. The caller closes the journal.
func Open(path string, replay func(line []byte) error) (*Journal, error) {
	lock, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	file, size, err := load(path, replay)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	j := &Journal{path: path, lock: lock, file: file, size: size, wake: make(chan struct{}, 1), done: make(chan struct{}), sync: (*os.File).Sync}
	go j.write()
	return j, nil
}

// takeLock holds FILE.lock for this process. The lock is a file of its own because Rewrite replaces the data file.
func takeLock(path string) (*os.File, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		target, err = path, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the data file: %w", err)
	}
	lock, err := os.OpenFile(target+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the data file: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fmt.Errorf("%s is in use by another process; stop that one or name another file", path)
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// load replays an existing file, or creates an empty one. It returns the file, positioned at its end, and its size.
func load(path string, replay func([]byte) error) (*os.File, int64, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		if err = replace(path, nil); err == nil {
			file, err = os.OpenFile(path, os.O_RDWR, 0o600)
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open the data file: %w", err)
	}
	size, err := replayAll(file, path, replay)
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, size, nil
}

// replayAll reads the lines and returns the length of the sound part of the file.
func replayAll(file *os.File, path string, replay func([]byte) error) (int64, error) {
	in := bufio.NewReaderSize(file, 1<<20)
	first, err := in.ReadString('\n')
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("read %s: %w", path, err)
	}
	if first != header {
		return 0, fmt.Errorf("%s is not a data file of airtable-sim; name another file with --data", path)
	}
	size := int64(len(header))
	for number := 2; ; number++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
		if err == io.EOF {
			return size, nil // nobody was told that what follows the last newline is durable
		}
		payload, sound := check(line)
		if !sound {
			return tornOrDamaged(in, path, number, size)
		}
		if err := replay(payload); err != nil {
			return 0, fmt.Errorf("%s, line %d: %w", path, number, err)
		}
		size += int64(len(line))
	}
}

// tornOrDamaged accepts an unsound line only at the end of the file: a crash tears the tail and nothing else.
func tornOrDamaged(in *bufio.Reader, path string, number int, size int64) (int64, error) {
	for {
		line, err := in.ReadBytes('\n')
		if _, sound := check(line); sound {
			return 0, fmt.Errorf("%s is damaged at line %d, with sound lines after it; restore a copy of the file", path, number)
		}
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
	}
}

// check splits a line into its checksum and its payload and compares them.
func check(line []byte) ([]byte, bool) {
	if len(line) < 10 || line[8] != ' ' || line[len(line)-1] != '\n' {
		return nil, false
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	payload := line[9 : len(line)-1]
	return payload, err == nil && uint32(sum) == crc32.ChecksumIEEE(payload)
}

// Rewrite replaces the whole file with the given lines, atomically: a crash leaves either the old file or the new one.
// The caller must make sure that nobody appends meanwhile. On an error the old file stays in use.
func (j *Journal) Rewrite(lines func(add func(line []byte)) error) error {
	if err := j.Newest().Wait(); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := lines(func(line []byte) { writeLine(&out, line) }); err != nil {
		return err
	}
	if err := replace(j.path, out.Bytes()); err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_RDWR|os.O_APPEND, 0o600)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.failed = fmt.Errorf("reopen %s: %w", j.path, err)
		return j.failed
	}
	err = j.file.Close()
	j.file, j.size = file, int64(len(header)+out.Len())
	return err
}

// replace writes a new file beside path and renames it to path. Both the file and the name are durable.
func replace(path string, lines []byte) error {
	target := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	}
	file, err := os.OpenFile(target+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append([]byte(header), lines...))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(target+".new", target)
	}
	if err != nil {
		return errors.Join(err, removeQuietly(target+".new"))
	}
	directory, err := os.Open(filepath.Dir(target))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// removeQuietly removes a file that may not be there.
func removeQuietly(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
