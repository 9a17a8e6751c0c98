package firestore

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// database is one database: its record on disk and its indexing. Commits and queries hold mu for reading while they use
// the schema; a change of the indexing holds it for writing.
type database struct {
	name    string
	id      uint32
	numbers *numbers

	mu      sync.RWMutex
	record  record
	schema  schema
	deleted bool
}

// record is what is kept on disk about a database.
type record struct {
	ID        uint32          `json:"id"`
	Created   time.Time       `json:"created"`
	NextIndex uint32          `json:"next_index"`
	Indexes   []Index         `json:"indexes,omitempty"`
	Fields    []FieldOverride `json:"fields,omitempty"`
	// Rebuild names the groups whose index entries do not match the record yet, because a change of the indexing was
	// interrupted.
	Rebuild []string `json:"rebuild,omitempty"`
	// Settings is an encoded adminpb.Database with what an operator chose. Output that can be derived is not in it.
	Settings  []byte     `json:"settings,omitempty"`
	Schedules []schedule `json:"schedules,omitempty"`
	// Restoring says that a backup is being copied in. Such a database is not visible yet, and is removed if the
	// copying was interrupted.
	Restoring bool `json:"restoring,omitempty"`
}

// database finds a database; every call begins here.
func (s *Server) database(name string) (*database, error) {
	s.mu.RLock()
	d := s.databases[name]
	s.mu.RUnlock()
	if d != nil {
		return d, nil
	}
	if err := resource.CheckDatabase(name); err != nil {
		return nil, err
	}
	return nil, errNoDatabase(name)
}

func errNoDatabase(name string) error { return notFound("The database %s does not exist.", name) }

// databasesUnder lists the databases whose names begin with prefix, by name.
func (s *Server) databasesUnder(prefix string) []*database {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*database
	for name, d := range s.databases {
		if strings.HasPrefix(name, prefix) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *database) int { return strings.Compare(a.name, b.name) })
	return out
}

// loadDatabases reads the records and finishes what a crash interrupted.
func (s *Server) loadDatabases() error {
	s.nextID = 1
	prefix := metaKey("")
	err := s.kv.Scan(kv.Prefix(prefix), func(key, value []byte) error {
		d := &database{name: string(key[len(prefix):]), numbers: s.numbers}
		if err := json.Unmarshal(value, &d.record); err != nil {
			return fmt.Errorf("record of %s: %w", d.name, err)
		}
		d.id = d.record.ID
		s.nextID = max(s.nextID, d.id+1)
		s.databases[d.name] = d
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range s.databases {
		if d.record.Restoring {
			if err := s.dropDatabase(d); err != nil {
				return err
			}
			delete(s.databases, d.name)
			continue
		}
		if d.schema, err = makeSchema(d.record.Indexes, d.record.Fields); err != nil {
			return fmt.Errorf("indexes of %s: %w", d.name, err)
		}
		if err := s.finishRebuild(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) saveRecord(d *database, r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("record of %s: %w", d.name, err)
	}
	b := s.kv.Batch()
	b.Set(metaKey(d.name), data)
	return b.Commit()
}

// DeclareIndexes gives the database exactly these composite indexes and overrides of single-field indexes, and no
// others. Collection groups whose indexing changes get new entries before it returns.
func (s *Server) DeclareIndexes(database string, indexes []Index, fields ...FieldOverride) error {
	d, err := s.database(database)
	if err != nil {
		return err
	}
	return s.changeIndexing(d, func(r *record) error {
		kept := make([]Index, 0, len(indexes))
		for _, i := range indexes {
			if slices.ContainsFunc(kept, i.same) {
				return errExists(i)
			}
			kept = append(kept, r.adopt(i))
		}
		r.Indexes, r.Fields = kept, slices.Clone(fields)
		return nil
	})
}

// adopt gives an index the number of an equal one, or a new number.
func (r *record) adopt(i Index) Index {
	if at := slices.IndexFunc(r.Indexes, i.same); at >= 0 {
		i.ID = r.Indexes[at].ID
		return i
	}
	i.ID = r.NextIndex
	r.NextIndex++
	return i
}

// changeIndexing lets change edit a copy of the record, and carries out the result.
func (s *Server) changeIndexing(d *database, change func(*record) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deleted {
		return errNoDatabase(d.name)
	}
	next := d.record
	next.Indexes, next.Fields = slices.Clone(next.Indexes), slices.Clone(next.Fields)
	if err := change(&next); err != nil {
		return err
	}
	made, err := makeSchema(next.Indexes, next.Fields)
	if err != nil {
		return err
	}
	next.Rebuild = changedGroups(d.record, next)
	if err := s.saveRecord(d, next); err != nil {
		return err
	}
	d.record, d.schema = next, made
	return s.finishRebuild(d)
}

// changedGroups lists the collection groups that two records index differently.
func changedGroups(a, b record) []string {
	before, after := byGroup(a), byGroup(b)
	var out []string
	for name := range before {
		if before[name] != after[name] {
			out = append(out, name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			out = append(out, name)
		}
	}
	return append(out, a.Rebuild...)
}

// byGroup describes the indexing of each group in a way that can be compared.
func byGroup(r record) map[string]string {
	out := map[string]string{}
	for _, i := range r.Indexes {
		out[i.Collection] += fmt.Sprintf("%d:%s;", i.ID, i)
	}
	fields := slices.Clone(r.Fields)
	slices.SortFunc(fields, func(a, b FieldOverride) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	for _, f := range fields {
		out[f.Collection] += fmt.Sprintf("%+v;", f)
	}
	return out
}

var errNoIndex = errors.New("no such index")
