package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Engine is a pool of worker goroutines that programs share. Its zero value is
// not usable; see New. Programs of one engine must not run at the same time.
type Engine struct {
	threads int
	wake    []chan struct{} // one for each extra worker
	done    sync.WaitGroup
	next    atomic.Int64
	units   int64
	work    func(worker, unit int)
	closed  bool
}

// New starts an engine with the given number of threads; 0 means one for each
// core that Go may use.
func New(threads int) *Engine {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	e := &Engine{threads: threads}
	for w := 1; w < threads; w++ {
		c := make(chan struct{})
		e.wake = append(e.wake, c)
		go func() {
			for range c {
				e.take(w)
				e.done.Done()
			}
		}()
	}
	return e
}

// Threads is the number of workers.
func (e *Engine) Threads() int { return e.threads }

// Close stops the workers. The engine must be idle.
func (e *Engine) Close() {
	if e.closed {
		return
	}
	e.closed = true
	for _, c := range e.wake {
		close(c)
	}
}

// Do calls work(worker, unit) once for every unit in 0…units-1, each worker
// taking the next unit when it is free, and returns when all are done. What work
// does with a unit must not depend on the worker.
func (e *Engine) Do(units int, work func(worker, unit int)) {
	e.units, e.work = int64(units), work
	e.next.Store(0)
	helpers := min(len(e.wake), units-1)
	if helpers > 0 {
		e.done.Add(helpers)
		for _, c := range e.wake[:helpers] {
			c <- struct{}{}
		}
	}
	e.take(0)
	if helpers > 0 {
		e.done.Wait()
	}
	e.work = nil
}

func (e *Engine) take(worker int) {
	for {
		u := e.next.Add(1) - 1
		if u >= e.units {
			return
		}
		e.work(worker, int(u))
	}
}
