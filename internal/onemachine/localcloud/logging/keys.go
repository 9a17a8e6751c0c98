package logging

import (
	"encoding/binary"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
)

// An entry's key is its bucket and then its position: time, log, insert id. So a bucket is read in the order of time,
// and an entry that is written twice is stored once.
const (
	entryPrefix = "log/entry/"
	timeSize    = 12
)

func bucketKey(bucket string) []byte { return append([]byte(entryPrefix+bucket), 0) }

func entryKey(bucket string, position []byte) []byte { return append(bucketKey(bucket), position...) }

func positionOf(e *loggingpb.LogEntry) []byte {
	key := timeKey(e.GetTimestamp().AsTime())
	key = append(key, e.GetLogName()...)
	key = append(key, 0)
	return append(key, e.GetInsertId()...)
}

// timeKey sorts as time does, before 1970 too.
func timeKey(t time.Time) []byte {
	key := make([]byte, 0, timeSize)
	key = binary.BigEndian.AppendUint64(key, uint64(t.Unix())^1<<63)  // #nosec G115 -- the flipped sign makes the order
	return binary.BigEndian.AppendUint32(key, uint32(t.Nanosecond())) // #nosec G115 -- below 1e9
}

// afterTime is the first key of a bucket that is later than t.
func afterTime(bucket string, t time.Time) []byte {
	return entryKey(bucket, timeKey(t.Add(time.Nanosecond)))
}
