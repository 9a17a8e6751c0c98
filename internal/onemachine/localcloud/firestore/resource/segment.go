package resource

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Segments begin with one of these, so that numeric ids come before the others; End closes a name, so that it comes
// before the names that go on after it.
const (
	End     = 0x00
	numeric = 0x02
	text    = 0x03
)

// AppendSegment adds one segment of a path to dst.
func AppendSegment(dst []byte, id string) []byte {
	if n, ok := numericID(id); ok {
		return binary.BigEndian.AppendUint64(append(dst, numeric), uint64(n)^(1<<63)) // #nosec G115 -- keeps the order
	}
	dst = append(dst, text)
	for i := strings.IndexByte(id, 0); i >= 0; i = strings.IndexByte(id, 0) {
		dst = append(append(dst, id[:i]...), 0, 0xff)
		id = id[i+1:]
	}
	return append(append(dst, id...), 0, 1)
}

// TakeSegment returns the segment at the beginning of b and what follows it.
func TakeSegment(b []byte) (id string, rest []byte) {
	if b[0] == numeric {
		n := int64(binary.BigEndian.Uint64(b[1:]) ^ (1 << 63)) // #nosec G115 -- as written
		return "__id" + strconv.FormatInt(n, 10) + "__", b[9:]
	}
	var out []byte
	for i := 1; ; i++ {
		if b[i] != 0 {
			out = append(out, b[i])
			continue
		}
		if b[i+1] != 0xff {
			return string(out), b[i+2:]
		}
		out = append(out, 0)
		i++
	}
}

// SegmentLen is the length of the segment at the beginning of b.
func SegmentLen(b []byte) int {
	if b[0] == numeric {
		return 9
	}
	for i := 1; ; i += 2 {
		for b[i] != 0 {
			i++
		}
		if b[i+1] != 0xff {
			return i + 2
		}
	}
}

// numericID reads ids like __id7__.
func numericID(id string) (int64, bool) {
	digits, ok := strings.CutPrefix(id, "__id")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, "__")
	if !ok || digits == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == digits
}
