package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	appendsPerRun = 7
	appendBytes   = 60
)

// floor does the least that any durable engine must do for the same work: every
// starter waits until each of a run's appends is on disk before it makes the next
// one, and one committer writes what has accumulated to one growing file and calls
// fdatasync.
type floor struct {
	file *os.File
	mu   sync.Mutex
	wake chan struct{}
	next *group
}

// group is what one fdatasync makes durable.
type group struct {
	buf  []byte
	done chan struct{}
	err  error
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// runFloor returns how long runs workflows take from starters goroutines.
func runFloor(dir string, runs, starters int) (time.Duration, error) {
	file, err := os.Create(filepath.Join(dir, "floor.dat"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	f := &floor{file: file, wake: make(chan struct{}, 1), next: newGroup()}
	stop := make(chan struct{})
	var committer sync.WaitGroup
	committer.Go(func() { f.commit(stop) })
	begin := time.Now()
	err = eachRun(runs, starters, func(int) error { return f.run() })
	took := time.Since(begin)
	close(stop)
	committer.Wait()
	return took, err
}

func (f *floor) run() error {
	record := make([]byte, appendBytes)
	for range appendsPerRun {
		f.mu.Lock()
		g := f.next
		g.buf = append(g.buf, record...)
		f.mu.Unlock()
		select {
		case f.wake <- struct{}{}:
		default:
		}
		<-g.done
		if g.err != nil {
			return fmt.Errorf("floor: %w", g.err)
		}
	}
	return nil
}

func (f *floor) commit(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-f.wake:
		}
		f.mu.Lock()
		g := f.next
		f.next = newGroup()
		f.mu.Unlock()
		if len(g.buf) > 0 {
			if _, g.err = f.file.Write(g.buf); g.err == nil {
				g.err = syscall.Fdatasync(int(f.file.Fd()))
			}
		}
		close(g.done)
	}
}

// eachRun calls run for 0 … runs-1 from starters goroutines and returns the
// first error.
func eachRun(runs, starters int, run func(i int) error) error {
	numbers := make(chan int)
	errs := make(chan error, starters)
	var wg sync.WaitGroup
	for range starters {
		wg.Go(func() {
			for i := range numbers {
				if err := run(i); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	for i := range runs {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
