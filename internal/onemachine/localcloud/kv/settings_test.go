package kv

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// settings are compared with those in use; pebbleOptions says with what result.
var settings = []struct {
	name   string
	change func(*pebble.Options)
}{
	{"in-use", func(*pebble.Options) {}},
	{"uncompressed", uncompressed},
	{"memtable-64MB", func(o *pebble.Options) { o.MemTableSize = 64 << 20 }},
	{"L0-8", func(o *pebble.Options) { o.L0CompactionThreshold = 8 }},
	{"L0-8-uncompressed", func(o *pebble.Options) {
		o.L0CompactionThreshold = 8
		uncompressed(o)
	}},
	{"base-512MB", func(o *pebble.Options) { o.LBaseMaxBytes = 512 << 20 }},
	{"last-without-filter", func(o *pebble.Options) { o.Levels[6].FilterPolicy = pebble.NoFilterPolicy }},
}

func uncompressed(o *pebble.Options) {
	for i := range o.Levels {
		o.Levels[i].Compression = func() *block.CompressionProfile { return block.NoCompression }
	}
}

// shrunk is how much smaller memtables, levels and cache are here, so that a minute has as many compactions as a day.
const shrunk = 8

// BenchmarkSettings compares settings of the engine in processor time, what it does in the background included. An
// operation is a commit. Run it with -benchtime 40000x, and several times: each setting differs by a tenth from one run
// to the next.
func BenchmarkSettings(b *testing.B) {
	for _, s := range settings {
		b.Run(s.name, func(b *testing.B) {
			db, lock := openWith(b, s.change)
			l := newLoad(b, db)
			for range 15_000 {
				l.entry()
			}
			l.settle()
			runtime.GC()
			written := tablesWritten(db)
			b.ResetTimer()
			begun := processor()
			for n := range b.N {
				l.entry()
				if n%20 == 0 {
					l.read()
				}
			}
			l.settle()
			b.StopTimer()
			b.ReportMetric(float64((processor()-begun).Nanoseconds())/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(tablesWritten(db)-written)/float64(b.N), "written-B/op")
			b.ReportMetric(float64(db.Metrics().DiskSpaceUsage())/1e6, "MB")
			for _, err := range []error{db.Close(), lock.Close()} {
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func openWith(b *testing.B, change func(*pebble.Options)) (*pebble.DB, *pebble.Lock) {
	dir := b.TempDir()
	lock, err := pebble.LockDirectory(dir, vfs.Default)
	if err != nil {
		b.Fatal(err)
	}
	d := &DB{failure: newFailure(dir, Options{}), lock: lock}
	o := d.pebbleOptions(Options{Files: vfs.Default})
	change(o)
	o.MemTableSize, o.LBaseMaxBytes, o.CacheSize = o.MemTableSize/shrunk, o.LBaseMaxBytes/shrunk, o.CacheSize/shrunk
	db, err := pebble.Open(dir, o)
	if err != nil {
		b.Fatal(err)
	}
	return db, lock
}

// tablesWritten is how many bytes were flushed and compacted.
func tablesWritten(db *pebble.DB) (n uint64) {
	for _, level := range db.Metrics().Levels {
		n += level.TableBytesFlushed + level.TableBytesCompacted
	}
	return n
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
