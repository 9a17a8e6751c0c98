package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	gtransport "google.golang.org/api/transport/grpc"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// line is one entry of the trail in its stored form.
type line struct {
	id, scope, action, record, outcome, trace string
}

// ledger is the content of a database: every entry of the trail, and the version of every document whose changes are
// entries.
type ledger struct {
	lines    map[string]line   // by id
	traces   map[string][]line // by the trace of the request
	effects  map[string]int64  // completed changes, by document
	created  map[string]int    // of these, creations
	versions map[string]int64  // by document, as in workspaces/w/reports/r
	filings  map[string]int    // completed filings and amendments, by report
	kept     map[string]int    // versions of reports that a filing or an amendment keeps, by report
}

// recorded are the collections of a workspace in which every version of a document is one entry.
var recorded = []string{"reports", "productions", "performances"}

// readLedger reads everything with Google's own client, past the product.
func readLedger(ctx context.Context, cloud *local.Cloud, cfg config.Config) (*ledger, error) {
	db, err := gcfs.NewClientWithDatabase(ctx, cfg.Project, cfg.ContentDatabase, gtransport.WithConnPool(cloud.Conn()))
	if err != nil {
		return nil, err
	}
	l := &ledger{
		lines: map[string]line{}, traces: map[string][]line{}, effects: map[string]int64{}, created: map[string]int{},
		versions: map[string]int64{}, filings: map[string]int{}, kept: map[string]int{},
	}
	// Documents first: whatever changes during this has more entries than versions, never fewer.
	for _, collection := range recorded {
		err := each(db.CollectionGroup(collection).Select("version").Documents(ctx),
			func(path string, d map[string]any) {
				l.versions[path], _ = d["version"].(int64)
			})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", collection, err)
		}
	}
	// The version that a filing keeps has no entry of its own: the entry of the filing covers it.
	err = each(db.CollectionGroup("versions").Select("version").Documents(ctx), func(path string, _ map[string]any) {
		report := strings.Replace(path[:strings.LastIndexByte(path, '-')], "/versions/", "/reports/", 1)
		l.kept[report]++
	})
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	entries := db.CollectionGroup("audit").Select("action", "record", "outcome", "trace")
	return l, each(entries.Documents(ctx), l.add)
}

func each(docs *gcfs.DocumentIterator, f func(path string, d map[string]any)) error {
	defer docs.Stop()
	for {
		d, err := docs.Next()
		if err == iterator.Done {
			return nil
		}
		if err != nil {
			return err
		}
		_, path, _ := strings.Cut(d.Ref.Path, "/documents/")
		f(path, d.Data())
	}
}

func (l *ledger) add(path string, d map[string]any) {
	text := func(name string) string { s, _ := d[name].(string); return s }
	scope, id, _ := strings.Cut(path, "/audit/")
	e := line{id, scope, text("action"), text("record"), text("outcome"), text("trace")}
	l.lines[id] = e
	l.traces[e.trace] = append(l.traces[e.trace], e)
	if kind, _, ok := strings.Cut(e.record, "/"); !ok || !slices.Contains(recorded, kind) || e.outcome != "done" ||
		reading(e.action) {
		return
	}
	l.effects[scope+"/"+e.record]++
	if e.action == "report.file" || e.action == "report.amend" {
		l.filings[scope+"/"+e.record]++
	}
	if strings.HasSuffix(e.action, ".create") {
		l.created[scope+"/"+e.record]++
	}
}

func reading(action string) bool {
	return slices.ContainsFunc([]string{".read", ".list", ".search", ".seen", ".export"}, func(s string) bool {
		return strings.HasSuffix(action, s)
	})
}

// balance finds effects without entries, and entries without effects.
func (l *ledger) balance() []string {
	var wrong []string
	for path, version := range l.versions {
		if n := l.effects[path]; n != version {
			wrong = append(wrong, fmt.Sprintf("%s has version %d and %d entries of changes", path, version, n))
		}
		if n := l.created[path]; n > 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d entries of its creation", path, n))
		}
	}
	for path := range l.versions {
		if l.kept[path] != l.filings[path] {
			wrong = append(wrong, fmt.Sprintf("%s keeps %d versions and was filed or amended %d times", path,
				l.kept[path], l.filings[path]))
		}
	}
	for path, n := range l.effects {
		if _, there := l.versions[path]; !there {
			wrong = append(wrong, fmt.Sprintf("%s is not there and has %d entries of changes", path, n))
		}
	}
	return wrong
}

// witnessed reports whether a request left an entry with this outcome.
func (l *ledger) witnessed(trace, outcome string) bool {
	return slices.ContainsFunc(l.traces[trace], func(e line) bool { return e.outcome == outcome })
}

// shipped counts the entries in the log bucket by their ids, read as an operator does.
func shipped(ctx context.Context, cloud *local.Cloud, cfg config.Config) (map[string]int, error) {
	bucket := "projects/" + cfg.Project + "/locations/" + cfg.Region + "/buckets/audit/views/_AllLogs"
	seen := map[string]int{}
	// Without a time range a query would look only at the last day.
	since := testclock.Now().Add(-13 * 24 * time.Hour).UTC().Format(time.RFC3339)
	list := cloud.Clients.Logging.ListLogEntries(ctx, &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{bucket}, PageSize: 1000, Filter: fmt.Sprintf("timestamp >= %q", since),
	})
	for {
		e, err := list.Next()
		if err == iterator.Done {
			return seen, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the log: %w", err)
		}
		switch e.GetLabels()["action"] {
		case checkpoint.CheckpointMade, checkpoint.RoundMade, history.HeadSigned:
		default:
			seen[e.GetInsertId()]++
		}
	}
}

// compare finds what is missing in the log, what is there twice, and what is not in the trail.
func (l *ledger) compare(log map[string]int) []string {
	var wrong []string
	for id, e := range l.lines {
		if n := log[id]; n != 1 {
			wrong = append(wrong, fmt.Sprintf("entry %s (%s of %q, %s) is in the log %d times", id, e.action, e.record,
				e.outcome, n))
		}
	}
	for id := range log {
		if _, there := l.lines[id]; !there {
			wrong = append(wrong, fmt.Sprintf("the log has %s, the trail does not", id))
		}
	}
	return wrong
}

// few is a list for a message.
func few(list []string) string {
	if len(list) > 8 {
		return fmt.Sprintf("%s\n… %d in all", strings.Join(list[:8], "\n"), len(list))
	}
	return strings.Join(list, "\n")
}

// of are the ids of the documents in a collection.
func (l *ledger) of(collection string) []string {
	var ids []string
	for path := range l.versions {
		if id, ok := strings.CutPrefix(path, collection); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
