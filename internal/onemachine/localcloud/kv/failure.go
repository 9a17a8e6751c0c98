package kv

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// ErrFailed is what everything returns once the disk has failed in a way after which memory and disk may differ.
var ErrFailed = errors.New("the database has stopped")

// patience is how many times in a row the engine may fail to flush what the log already has, before that counts as a
// failure. It retries at once.
const patience = 5

// failure remembers the first event after which nothing can be promised any more: a failed write or sync of the log or
// the manifest, or a damaged file. From then on nothing is answered, since nobody knows how much of what is in memory
// the disk will have after a restart.
type failure struct {
	dir  string
	log  Log
	tell func(error) // may be nil

	once    sync.Once
	failed  chan struct{}
	err     error // once failed is closed
	strikes atomic.Int32
}

func newFailure(dir string, o Options) *failure {
	if o.Log == nil {
		o.Log = nowhere{}
	}
	return &failure{dir: dir, log: o.Log, tell: o.Failed, failed: make(chan struct{})}
}

// fail records a failure. Only the first one counts.
func (f *failure) fail(err error) {
	f.once.Do(func() {
		said := explain(f.dir, err)
		f.err = fmt.Errorf("%w: %w", ErrFailed, said)
		close(f.failed)
		f.log.Error("the local database has stopped", said)
		if f.tell != nil {
			f.tell(said)
		}
	})
}

// check returns the failure, if there was one.
func (f *failure) check() error {
	select {
	case <-f.failed:
		return f.err
	default:
		return nil
	}
}

// guard runs something from which the engine may never return once the disk has failed.
func (f *failure) guard(do func() error) error {
	done := make(chan error, 1)
	go func() {
		err := ErrFailed // in a goroutine that Fatalf ended
		defer func() { done <- err }()
		err = do()
	}()
	select {
	case err := <-done:
		if failed := f.check(); failed != nil {
			return failed
		}
		return err
	case <-f.failed:
		return f.err
	}
}

// halt is where a call to the disk ends if otherwise the engine would panic with locks that it does not hold. It
// records the failure, and never returns.
func (f *failure) halt(err error) {
	f.fail(err)
	select {}
}

// listener is told what the engine does in the background.
func (f *failure) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: f.struck,
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			f.fail(&problem{kind: ErrDamaged, cause: info.Details, text: fmt.Sprintf("%s is damaged; %s", info.Path,
				bringBack)})
		},
		FlushEnd: func(info pebble.FlushInfo) {
			if info.Err == nil {
				f.strikes.Store(0)
			}
		},
		CompactionEnd: func(info pebble.CompactionInfo) {
			if info.Err == nil {
				f.strikes.Store(0)
			}
		},
		DiskSlow: func(info pebble.DiskSlowInfo) { f.log.Error("the disk is slow", errors.New(info.String())) },
	}
}

// struck: a table could not be written, or not be read. The log has what was to be in it, so the engine tries again.
func (f *failure) struck(err error) {
	said := explain(f.dir, err)
	f.log.Error("the local database could not put away what it has", said)
	if errors.Is(said, ErrDamaged) || f.strikes.Add(1) > patience {
		f.fail(err)
	}
	if f.check() != nil {
		runtime.Goexit() // otherwise it would retry for ever; deferred unlocks still run
	}
}

// The methods of pebble.Logger.

// Infof logs what the engine does.
func (f *failure) Infof(format string, args ...any) { f.log.Info(fmt.Sprintf(format, args...)) }

// Errorf logs what went wrong.
func (f *failure) Errorf(format string, args ...any) {
	f.log.Error("the local database", fmt.Errorf(format, args...))
}

// Fatalf is how the engine says that it cannot continue. It must not return: the goroutine ends, see guard.
func (f *failure) Fatalf(format string, args ...any) {
	f.fail(fatal(format, args))
	runtime.Goexit()
}

// fatal returns the error that is among the arguments, because it names the file.
func fatal(format string, args []any) error {
	for _, a := range args {
		if err, ok := a.(error); ok {
			return err
		}
	}
	return fmt.Errorf(format, args...)
}

type nowhere struct{}

func (nowhere) Info(string)         {}
func (nowhere) Error(string, error) {}
