package app

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// What lives between requests is small, and each request leaves some ten kilobytes of garbage: with the default setting
// the collector would run many times a second.
const (
	garbagePercent  = 400 // of live memory, before garbage is collected
	runtimesPercent = 100 // the runtime's default
	memoryShare     = 0.7 // of the machine's or the container's memory; near it memory takes precedence over speed
)

// paceMemory sets, once, how much memory is used to save time, unless the runtime was configured by its own environment
// variables.
var paceMemory = sync.OnceFunc(func() {
	if before := debug.SetGCPercent(garbagePercent); before != runtimesPercent {
		debug.SetGCPercent(before)
	}
	if most := memoryThere(); debug.SetMemoryLimit(-1) == math.MaxInt64 && most < math.MaxInt64 {
		debug.SetMemoryLimit(int64(memoryShare * float64(most)))
	}
})

// memoryThere is how much memory the process can have, as far as the system says.
func memoryThere() int64 {
	most := int64(math.MaxInt64)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file) // #nosec G304 -- constants
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil && n > 0 {
			most = min(most, n)
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		most = min(most, memTotal(text))
	}
	return most
}

// memTotal reads the first line of /proc/meminfo, as in "MemTotal:       16384 kB".
func memTotal(text []byte) int64 {
	line, _ := bufio.NewReader(bytes.NewReader(text)).ReadString('\n')
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != "MemTotal:" || words[2] != "kB" {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64>>10 {
		return math.MaxInt64
	}
	return n << 10
}
