package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	logging "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/encoding/protojson"
)

// MostLooked is how many entries LogReader looks for in one request.
const MostLooked = 100

// LogReader looks for entries in Cloud Logging.
type LogReader struct {
	Client *logging.Client
	View   string // projects/P/locations/L/buckets/B/views/V: the part of the bucket that holds the trail
}

// Find looks for entries, by their ids and the time in which they were made, with one request. It returns the stored
// text of those that are there.
func (r LogReader) Find(ctx context.Context, ids []string, since, until time.Time) (map[string]string, error) {
	if len(ids) == 0 || len(ids) > MostLooked {
		return nil, fmt.Errorf("look for %d log entries: between 1 and %d can be looked for", len(ids), MostLooked)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	found := map[string]string{}
	// The answer has one page, and Cloud Logging may divide even a short list, so the pages are followed to the end.
	list := r.Client.ListLogEntries(ctx, &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{r.View},
		Filter: fmt.Sprintf(`insertId=("%s") AND timestamp>="%s" AND timestamp<="%s"`, strings.Join(ids, `" OR "`),
			since.UTC().Format(time.RFC3339Nano), until.UTC().Format(time.RFC3339Nano)),
		PageSize: MostLooked,
	})
	for e, err := range list.All() {
		if err != nil {
			return nil, fmt.Errorf("read from Cloud Logging: %w", err)
		}
		text, err := protojson.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("read from Cloud Logging: %w", err)
		}
		found[e.GetInsertId()] = string(text)
	}
	return found, nil
}
