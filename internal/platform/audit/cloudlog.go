package audit

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	logging "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	mrpb "google.golang.org/genproto/googleapis/api/monitoredres"
	ltype "google.golang.org/genproto/googleapis/logging/type"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

// LogID is the log's name within the project.
const LogID = "audit"

// CloudLog ships to Cloud Logging.
type CloudLog struct {
	Client  *logging.Client
	Project string
}

// Write sends entries in one request. Each has our own insert id and timestamp, so that an entry sent twice is kept
// once.
func (c CloudLog) Write(ctx context.Context, entries []SealedEntry) error {
	list := make([]*loggingpb.LogEntry, len(entries))
	for i, e := range entries {
		list[i] = c.entry(e)
	}
	return c.send(ctx, list)
}

// LogNote is something that is written to the trail's log beside the entries: what proves that none is missing. It
// holds no personal data.
type LogNote struct {
	ID     string
	At     time.Time
	Scope  model.Scope
	Action string
	Fields map[string]string
}

// WriteNotes sends notes in one request, as Write does with entries.
func (c CloudLog) WriteNotes(ctx context.Context, notes []LogNote) error {
	list := make([]*loggingpb.LogEntry, len(notes))
	for i, n := range notes {
		fields := map[string]*structpb.Value{"message": structpb.NewStringValue(n.Action)}
		for name, value := range n.Fields {
			fields[name] = structpb.NewStringValue(value)
		}
		list[i] = &loggingpb.LogEntry{
			InsertId: n.ID, Timestamp: timestamppb.New(n.At), Severity: ltype.LogSeverity_NOTICE,
			Labels: map[string]string{
				"scope": n.Scope.String(), "actor": "system", "role": string(access.System), "action": n.Action,
				"outcome": string(Done),
			},
			Payload: &loggingpb.LogEntry_JsonPayload{JsonPayload: &structpb.Struct{Fields: fields}},
		}
	}
	return c.send(ctx, list)
}

func (c CloudLog) send(ctx context.Context, list []*loggingpb.LogEntry) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req := &loggingpb.WriteLogEntriesRequest{
		LogName:  "projects/" + c.Project + "/logs/" + LogID,
		Resource: &mrpb.MonitoredResource{Type: "global", Labels: map[string]string{"project_id": c.Project}},
		Entries:  list,
	}
	if _, err := c.Client.WriteLogEntries(ctx, req); err != nil {
		return fmt.Errorf("write to Cloud Logging: %w", err)
	}
	return nil
}

func (c CloudLog) entry(e SealedEntry) *loggingpb.LogEntry {
	entry := &loggingpb.LogEntry{
		InsertId: e.ID, Timestamp: timestamppb.New(e.At), Severity: severity(e.Outcome),
		Labels: map[string]string{
			"scope": e.Scope.String(), "actor": e.Actor.ID, "role": string(e.Actor.Role),
			"action": string(e.Action), "outcome": string(e.Outcome),
		},
		Payload: &loggingpb.LogEntry_JsonPayload{JsonPayload: payload(e)},
	}
	if e.Trace != "" {
		entry.Trace = "projects/" + c.Project + "/traces/" + e.Trace
	}
	return entry
}

// payload holds what an operator may need to correlate entries; the labels stay sealed.
func payload(e SealedEntry) *structpb.Struct {
	fields := map[string]*structpb.Value{
		"message": structpb.NewStringValue(string(e.Action) + " " + string(e.Outcome)),
		"sealed":  structpb.NewStringValue(base64.StdEncoding.EncodeToString(e.Sealed)),
	}
	for name, value := range map[string]string{"record": e.Record, "request": e.Request, "session": e.Session} {
		if value != "" {
			fields[name] = structpb.NewStringValue(value)
		}
	}
	if len(e.Shown) > 0 {
		fields["shown"] = structpb.NewStringValue(strings.Join(e.Shown, " "))
	}
	return &structpb.Struct{Fields: fields}
}

func severity(o Outcome) ltype.LogSeverity {
	switch o {
	case Denied:
		return ltype.LogSeverity_WARNING
	case Failed:
		return ltype.LogSeverity_ERROR
	}
	return ltype.LogSeverity_NOTICE
}
