package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// readers say for each instance how far its entries were read for checkpoints. Every instance creates its own reader
// before its first entry, so that even an instance that lives only for a second is not overlooked. After that only the
// sweeper that makes checkpoints changes it.
var readers = store.Collection{
	Name: "readers",
	TTL:  "expires",
	About: model.About{
		Heading: model.OfService, Name: "How far the trail was read",
		Purpose: "Which entries of the trail are in checkpoints already. Nothing of yours.",
		Until:   model.Span(readerLife) + " after a server has stopped.",
	},
	Fields: []store.Field{
		{Name: "open", Type: store.Bool}, // something may be left to read
		{Name: "read", Type: store.Ints}, // by shard: microseconds before which everything was read
		{Name: "expires", Type: store.Time},
	},
	Queries: []store.Query{{Name: "open", Equal: []string{"open"}, All: true}},
}

// readerLife is how long an instance that is gone is remembered, so that nothing is read twice if it was only frozen
// and comes back.
const readerLife = Lifetime + 2*24*time.Hour

// Instance is an instance of the service some of whose entries may not be in a checkpoint yet.
type Instance struct {
	ID   string
	Gone bool // it writes nothing more
	// Closed says that it was read to its end before. There is more to read only if it was not gone after all.
	Closed bool
	// Settled is the instant before which each of its entries is durable or was never written. For an instance that is
	// gone, that is true of all its entries.
	Settled time.Time

	read [shards]time.Time
}

// Shards is the number of values of "by" over which the entries of one instance are spread.
const Shards = shards

// Shard is the value of "by" of one of its shards.
func (i *Instance) Shard(n int) string { return shardName(i.ID, n) }

func shardName(instance string, n int) string { return instance + "-" + strconv.Itoa(n) }

// Read is the instant before which everything in a shard was read.
func (i *Instance) Read(n int) time.Time { return i.read[n] }

// SetRead records that more of a shard was read. It never goes back.
func (i *Instance) SetRead(n int, until time.Time) {
	if until.After(i.read[n]) {
		i.read[n] = until
	}
}

// Write stores how far the instance was read. Closed says that nothing is left: the instance is gone, and all of it was
// read.
func (i *Instance) Write(now time.Time, closed bool) store.Write {
	read := make([]int64, shards)
	for n := range read {
		read[n] = i.read[n].UnixMicro()
	}
	f := store.Fields{"open": !closed, "read": read}
	if closed {
		f["expires"] = now.Add(readerLife)
	}
	return store.Put(store.Doc{Ref: readerRef(i.ID), Version: 1, Created: now, Updated: now, Fields: f})
}

func readerRef(instance string) store.Ref {
	return store.Ref{Scope: model.Platform(), Collection: readers.Name, ID: instance}
}

// Instances are those that may have something left to read: every instance with a mark, and every instance that was not
// read to its end. since is where reading begins for an instance of the previous release, which has no reader.
func (s *Shipper) Instances(ctx context.Context, since time.Time) ([]*Instance, error) {
	known := map[string]*Instance{}
	// The open ones come first: an instance that ends between the two queries is then seen as gone. In the other order
	// it would be in neither result.
	open, err := s.all(ctx, store.Find{Collection: readers.Name, Query: "open", Equal: store.Fields{"open": true}})
	if err != nil {
		return nil, fmt.Errorf("list the readers of instances: %w", err)
	}
	for _, d := range open {
		known[d.Ref.ID] = &Instance{ID: d.Ref.ID, Gone: true, read: readOf(d, since)}
	}
	marks, err := s.all(ctx, store.Find{Collection: shippers.Name, Query: "all"})
	if err != nil {
		return nil, fmt.Errorf("list audit marks: %w", err)
	}
	now := s.o.Clock.Now()
	for _, d := range marks {
		i := known[d.Ref.ID]
		if i == nil {
			if i, err = s.forgotten(ctx, d.Ref.ID, since); err != nil {
				return nil, err
			}
			known[i.ID] = i
		}
		i.Gone = d.Ref.ID != s.o.Instance && s.gone(d, now)
		i.Settled = settledOf(d)
	}
	list := make([]*Instance, 0, len(known))
	for _, i := range known {
		list = append(list, i)
	}
	return list, nil
}

// forgotten is an instance that has a mark and no open reader: one of the previous release, or one that was wrongly
// considered gone.
func (s *Shipper) forgotten(ctx context.Context, id string, since time.Time) (*Instance, error) {
	d, err := s.o.Store.Get(ctx, readerRef(id))
	if err != nil && !errors.Is(err, model.ErrNotFound) {
		return nil, fmt.Errorf("read the reader of an instance: %w", err)
	}
	return &Instance{ID: id, Closed: d != nil, read: readOf(d, since)}, nil
}

// readOf is how far an instance was read; for nil, and for values that are impossible, it starts at since.
func readOf(d *store.Doc, since time.Time) (read [shards]time.Time) {
	var list []int64
	if d != nil {
		list, _ = d.Fields["read"].([]int64)
	}
	for n := range read {
		if read[n] = since; len(list) == shards {
			read[n] = time.UnixMicro(list[n]).UTC()
		}
	}
	return read
}

// all reads every page of a list in the platform's scope.
func (s *Shipper) all(ctx context.Context, f store.Find) ([]*store.Doc, error) {
	var docs []*store.Doc
	f.Scope, f.Limit = model.Platform(), 300
	for {
		page, err := s.o.Store.Find(ctx, f)
		if err != nil {
			return nil, err
		}
		docs = append(docs, page.Docs...)
		if f.Cursor = page.Next; f.Cursor == "" {
			return docs, nil
		}
	}
}

// settledOf is up to when each entry of an instance is known to be durable or not. The previous release reports only up
// to when they had arrived in Cloud Logging.
func settledOf(d *store.Doc) time.Time {
	if at, ok := d.Fields["settled"].(time.Time); ok {
		return at
	}
	mark, _ := d.Fields["mark"].(time.Time)
	return mark
}
