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

// readers say of each instance how far its entries were read for checkpoints. Every instance makes its own before its
// first entry, so that whoever lives for a second only is not overlooked, and nobody but who makes checkpoints changes
// it after that.
var readers = store.Collection{
	Name: "readers",
	TTL:  "expires",
	Fields: []store.Field{
		{Name: "open", Type: store.Bool}, // something may be left to read
		{Name: "read", Type: store.Ints}, // by lane: microseconds before which everything was read
		{Name: "expires", Type: store.Time},
	},
	Queries: []store.Query{{Name: "open", Equal: []string{"open"}, All: true}},
}

// readerLife is how long an instance that is gone is remembered: if it was only frozen and comes back, nothing is read
// twice.
const readerLife = Lifetime + 2*24*time.Hour

// Instance is an instance of the service, with what of its entries may not be in any checkpoint yet.
type Instance struct {
	ID   string
	Gone bool // nothing more comes
	// Closed says that it was read to its end before: only if it was not gone after all is there anything more.
	Closed bool
	// Settled is the instant before which each of its entries is durable or never was; of an instance that is gone, all
	// are.
	Settled time.Time

	read [lanes]time.Time
}

// Lanes is over how many values of "by" the entries of one instance are spread.
const Lanes = lanes

// Lane is the value of "by" of one of its lanes.
func (i *Instance) Lane(n int) string { return laneName(i.ID, n) }

func laneName(instance string, n int) string { return instance + "-" + strconv.Itoa(n) }

// Read is the instant before which everything of a lane was read.
func (i *Instance) Read(n int) time.Time { return i.read[n] }

// SetRead notes that more of a lane was read. It never goes back.
func (i *Instance) SetRead(n int, until time.Time) {
	if until.After(i.read[n]) {
		i.read[n] = until
	}
}

// Write keeps what was read. Closed says that nothing is left: the instance is gone, and all of it was read.
func (i *Instance) Write(now time.Time, closed bool) store.Write {
	read := make([]int64, lanes)
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

// Instances are those of which something may be left to read: whoever has a mark, and whoever was not read to its end.
// since is where reading begins with an instance of the previous release, which has said nothing of itself.
func (s *Shipper) Instances(ctx context.Context, since time.Time) ([]*Instance, error) {
	known := map[string]*Instance{}
	// First what is open: an instance that leaves between the two questions is then one that is gone, and not one that
	// nobody knows.
	open, err := s.all(ctx, store.Find{Collection: readers.Name, Query: "open", Equal: store.Fields{"open": true}})
	if err != nil {
		return nil, fmt.Errorf("list what is read of instances: %w", err)
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

// forgotten is an instance that has a mark and nothing open: one of the previous release, or one that was taken for
// gone and is not.
func (s *Shipper) forgotten(ctx context.Context, id string, since time.Time) (*Instance, error) {
	d, err := s.o.Store.Get(ctx, readerRef(id))
	if err != nil && !errors.Is(err, model.ErrNotFound) {
		return nil, fmt.Errorf("what was read of an instance: %w", err)
	}
	return &Instance{ID: id, Closed: d != nil, read: readOf(d, since)}, nil
}

// readOf reads how far an instance was read; nil and what cannot be is from since on.
func readOf(d *store.Doc, since time.Time) (read [lanes]time.Time) {
	var list []int64
	if d != nil {
		list, _ = d.Fields["read"].([]int64)
	}
	for n := range read {
		if read[n] = since; len(list) == lanes {
			read[n] = time.UnixMicro(list[n]).UTC()
		}
	}
	return read
}

// all reads every page of a list of the platform.
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

// settledOf is up to when each entry of an instance is known to be durable or not. The previous release tells it only
// of those that arrived in Cloud Logging, too.
func settledOf(d *store.Doc) time.Time {
	if at, ok := d.Fields["settled"].(time.Time); ok {
		return at
	}
	mark, _ := d.Fields["mark"].(time.Time)
	return mark
}
