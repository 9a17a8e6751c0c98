package main

import (
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
)

// profile starts the requested profiles. The returned function ends and writes them.
func (f *benchFlags) profile() (finish func() error, err error) {
	if f.allocs != "" {
		runtime.MemProfileRate = 64 << 10
	}
	if f.cpuProfile == "" {
		return f.writeAllocs, nil
	}
	file, err := os.Create(f.cpuProfile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(file.Close(), f.writeAllocs())
	}, nil
}

func (f *benchFlags) writeAllocs() error {
	if f.allocs == "" {
		return nil
	}
	file, err := os.Create(f.allocs) // #nosec G304 G703 -- the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}
