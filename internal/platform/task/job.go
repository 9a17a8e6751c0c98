package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// State is the state of a job.
type State string

// The states of a job. Queued and running jobs are open.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Open reports whether the job is still queued or running.
func (s State) Open() bool { return s == Queued || s == Running }

// Progress is how far a job has come. A Total of 0 means that it is not known.
type Progress struct {
	Phase string `json:"phase,omitempty"`
	Done  int64  `json:"done,omitempty"`
	Total int64  `json:"total,omitempty"`
}

// Keep is how long a job that ended is kept.
const Keep = 30 * 24 * time.Hour

const maxPayload = 256 << 10

// body is a job in its stored form, sealed as a whole.
type body struct {
	Kind     string          `json:"kind"`
	Concerns string          `json:"concerns,omitempty"`
	Payload  json.RawMessage `json:"payload,omitempty"`
	// Origin names the request that caused the job, in the form used in messages: whenever the job runs, it belongs to
	// that request.
	Origin map[string]string `json:"origin,omitempty"`

	State    State     `json:"state"`
	Added    time.Time `json:"added"`
	RunAt    time.Time `json:"run_at"`
	Deadline time.Time `json:"deadline,omitzero"`
	Attempts int       `json:"attempts,omitempty"`
	Progress Progress  `json:"progress,omitzero"`

	Lease        string    `json:"lease,omitempty"` // of the run that may write
	ClaimedUntil time.Time `json:"claimed_until,omitzero"`
	Cancel       bool      `json:"cancel,omitempty"`    // somebody asked to cancel it
	Committed    bool      `json:"committed,omitempty"` // too late to cancel

	Reason string    `json:"reason,omitempty"` // why the last attempt failed; safe to show
	Result string    `json:"result,omitempty"`
	Ended  time.Time `json:"ended,omitzero"`
}

// due is when the job must be looked at again.
func (b *body) due() time.Time {
	if b.State == Running {
		return b.ClaimedUntil
	}
	return b.RunAt
}

// Jobs is the kind of document that a job is. Its indexed times start with a shard, so that no index grows at one end
// only.
var Jobs = records.Declare(records.Spec[body]{
	Name: "jobs",
	In:   model.PlatformScope,
	About: model.About{
		Heading: model.OfService, Name: "Jobs",
		Purpose: "What is to be done later or again, as in sending a mail, with what it needs.",
		Until:   model.Span(Keep) + " after the job ended.",
	},
	Under: records.Under{
		records.Read:   {access.JobRead},
		records.List:   {access.JobRead},
		records.Serve:  {access.JobRead},
		records.Create: {access.JobWrite},
		records.Change: {access.JobWrite},
	},
	Fields: []records.Field{
		{Name: "state", Type: records.String}, {Name: "kind", Type: records.String},
		{Name: "due", Type: records.String}, {Name: "deadline", Type: records.String},
		{Name: "owner", Type: records.String},
		{Name: "failed_at", Type: records.Time}, {Name: "expires", Type: records.Time},
	},
	Queries: []records.Query{
		{Name: "due", Range: "due", Order: []records.Order{{Field: "due"}}},
		{Name: "deadline", Range: "deadline", Order: []records.Order{{Field: "deadline"}}},
		{Name: "owner", Range: "owner", Order: []records.Order{{Field: "owner", Desc: true}}},
		{Name: "failed", Order: []records.Order{{Field: "failed_at", Desc: true}}},
	},
	Index: index,
	Check: check,
	TTL:   "expires",
	Quiet: true,
})

// Kinds are the kinds of document that this package stores.
func Kinds() []records.Declared { return []records.Declared{Jobs} }

func index(b *body) records.Fields {
	shard := shardOf(b)
	f := records.Fields{"state": string(b.State), "kind": b.Kind}
	if b.Concerns != "" {
		f["owner"] = ownerKey(b.Concerns, b.Added)
	}
	if !b.State.Open() {
		f["expires"] = b.Ended.Add(Keep)
		if b.State == Failed {
			f["failed_at"] = b.Ended
		}
		return f
	}
	f["due"] = timeKey(shard, b.due())
	if !b.Deadline.IsZero() {
		f["deadline"] = timeKey(shard, b.Deadline)
	}
	return f
}

var kindForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)

func check(b *body) error {
	switch {
	case !kindForm.MatchString(b.Kind):
		return fmt.Errorf("kind of job: %w", model.ErrInvalid)
	case len(b.Payload) > maxPayload:
		return fmt.Errorf("payload of %d bytes: %w", len(b.Payload), model.ErrTooLarge)
	case b.RunAt.IsZero() || b.Added.IsZero():
		return errors.New("a job without times")
	case b.State.Open() != b.Ended.IsZero():
		return fmt.Errorf("a job in state %q that ended at %v", b.State, b.Ended)
	}
	return nil
}

const shards = 8

// shardNames are the shards, each a digit.
var shardNames = [shards]string{"0", "1", "2", "3", "4", "5", "6", "7"}

func shardOf(b *body) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(b.Added.Format(time.RFC3339Nano) + b.Kind))
	return shardNames[h.Sum32()%shards]
}

// timeForm has a fixed width, so that its text sorts as time does.
const timeForm = "2006-01-02T15:04:05.000000Z"

func timeKey(shard string, t time.Time) string { return shard + "|" + t.UTC().Format(timeForm) }

func ownerKey(concerns string, t time.Time) string { return concerns + "|" + t.UTC().Format(timeForm) }
