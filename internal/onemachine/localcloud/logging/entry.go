package logging

import (
	"fmt"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Google's limits.
const (
	day           = 24 * time.Hour
	maxRequest    = 10 << 20
	maxEntry      = 256 << 10
	maxLabels     = 64
	maxLabelKey   = 512
	maxLabelValue = 64 << 10
	maxInsertID   = 512
	maxFuture     = day
)

func timestamp(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }

func checkEntry(e *loggingpb.LogEntry) error {
	if err := checkLog(e.GetLogName()); err != nil {
		return err
	}
	if e.GetResource().GetType() == "" {
		return invalid("Entry has no resource type.")
	}
	if err := e.GetTimestamp().CheckValid(); err != nil {
		return invalid("Entry has an invalid timestamp.")
	}
	if err := checkInsertID(e.GetInsertId()); err != nil {
		return err
	}
	if err := checkLabels(e.GetLabels()); err != nil {
		return err
	}
	if size := proto.Size(e); size > maxEntry {
		return invalid("Log entry with size %.1fK exceeds maximum size of %.1fK.", float64(size)/1024,
			float64(maxEntry)/1024)
	}
	return nil
}

func checkInsertID(id string) error {
	if len(id) > maxInsertID {
		return invalid("insert_id has %d bytes; the most is %d.", len(id), maxInsertID)
	}
	for i := range len(id) {
		if id[i] == 0 {
			return invalid("insert_id must not contain a zero byte.")
		}
	}
	return nil
}

func checkLabels(labels map[string]string) error {
	if len(labels) > maxLabels {
		return invalid("Entry has %d labels; the most is %d.", len(labels), maxLabels)
	}
	for k := range labels {
		if len(k) > maxLabelKey {
			return invalid("A label key has %d bytes; the most is %d.", len(k), maxLabelKey)
		}
	}
	return nil
}

// shortenLabels cuts values that are too long, as Google does, and marks the cut.
func shortenLabels(e *loggingpb.LogEntry) {
	const mark = "…"
	for k, v := range e.GetLabels() {
		if len(v) <= maxLabelValue {
			continue
		}
		cut := maxLabelValue - len(mark)
		for cut > 0 && !utf8.RuneStart(v[cut]) {
			cut--
		}
		e.Labels[k] = v[:cut] + mark
	}
}

// checkTime refuses what no bucket would keep and what is too far in the future.
func checkTime(at, now time.Time, keeps time.Duration) error {
	if now.Sub(at) > keeps {
		return invalid("Log entry with timestamp %s is older than the %s that its bucket keeps.", stamp(at),
			days(keeps))
	}
	if at.Sub(now) > maxFuture {
		return invalid("Log entry with timestamp %s is more than 24 hours in the future.", stamp(at))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func days(d time.Duration) string { return fmt.Sprintf("%d days", d/day) }
