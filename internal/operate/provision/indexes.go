package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/api/iterator"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// indexed are the two databases with the indexes that their declared queries need.
func (s Spec) indexed() []struct {
	id   string
	spec store.IndexSpec
} {
	return []struct {
		id   string
		spec store.IndexSpec
	}{
		{ContentDatabase, store.Indexes(s.Content)},
		{KeysDatabase, store.Indexes(s.Keys)},
	}
}

func (s Spec) indexes() []Resource {
	var list []Resource
	for _, d := range s.indexed() {
		for _, x := range d.spec.Composites {
			list = append(list, s.index(d.id, x))
		}
	}
	return list
}

func (s Spec) index(database string, x store.Index) Resource {
	parent := s.database(database) + "/collectionGroups/" + x.Collection
	want := indexProto(x)
	t := thing[*adminpb.Index]{
		read: func(ctx context.Context, c *session) (*adminpb.Index, error) { return findIndex(ctx, c, parent, x) },
		create: func(ctx context.Context, c *session) error {
			// settle waits for all of them
			_, err := c.Databases.CreateIndex(ctx, &adminpb.CreateIndexRequest{Parent: parent, Index: want})
			return err
		},
		differ: func(*adminpb.Index) []difference { return nil }, // an index has no settings that can change
	}
	return Resource{
		Kind: "index", Name: s.database(database) + "/indexes/" + x.String(), api: apiFirestore, look: t.look,
		fresh: true,
		block: indexBlock(database, x),
	}
}

func indexProto(x store.Index) *adminpb.Index {
	out := &adminpb.Index{QueryScope: scope(x.Group)}
	for _, f := range x.Fields {
		out.Fields = append(out.Fields, indexField(f.Name, f.Mode))
	}
	return out
}

func scope(group bool) adminpb.Index_QueryScope {
	if group {
		return adminpb.Index_COLLECTION_GROUP
	}
	return adminpb.Index_COLLECTION
}

func indexField(name string, m store.Mode) *adminpb.Index_IndexField {
	f := &adminpb.Index_IndexField{FieldPath: name}
	switch m {
	case store.Contains:
		f.ValueMode = &adminpb.Index_IndexField_ArrayConfig_{ArrayConfig: adminpb.Index_IndexField_CONTAINS}
	case store.Descending:
		f.ValueMode = &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_DESCENDING}
	default:
		f.ValueMode = &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_ASCENDING}
	}
	return f
}

func modeOf(f *adminpb.Index_IndexField) store.Mode {
	if f.GetArrayConfig() == adminpb.Index_IndexField_CONTAINS {
		return store.Contains
	}
	return store.Mode(f.GetOrder().String())
}

// text is an index as store.Index writes it, without the document's name that Firestore adds at the end.
func text(collection string, i *adminpb.Index) string {
	x := store.Index{Collection: collection, Group: i.GetQueryScope() == adminpb.Index_COLLECTION_GROUP}
	for _, f := range i.GetFields() {
		if f.GetFieldPath() != "__name__" {
			x.Fields = append(x.Fields, store.IndexField{Name: f.GetFieldPath(), Mode: modeOf(f)})
		}
	}
	return x.String()
}

func findIndex(ctx context.Context, c *session, parent string, x store.Index) (*adminpb.Index, error) {
	it := c.Databases.ListIndexes(ctx, &adminpb.ListIndexesRequest{Parent: parent})
	for {
		i, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil, errNotThere
		}
		if err != nil {
			return nil, err
		}
		if text(x.Collection, i) == x.String() {
			return i, nil
		}
	}
}

func indexBlock(database string, x store.Index) block {
	body := []arg{databaseRef(database), set("collection", x.Collection), set("query_scope", scope(x.Group).String())}
	name := database
	for _, f := range x.Fields {
		body = append(body, sub("fields", set("field_path", f.Name), modeArg(f.Mode)))
		name += "-" + f.Name + "-" + string(f.Mode[:1])
	}
	if x.Group {
		name += "-everywhere"
	}
	return tf("google_firestore_index", strings.Replace(name, database, database+"-"+x.Collection, 1), body...)
}

func modeArg(m store.Mode) arg {
	if m == store.Contains {
		return set("array_config", string(m))
	}
	return set("order", string(m))
}

// How long apply waits for indexes that Firestore builds.
const settleTime = 15 * time.Minute

// settle waits until the indexes can be used.
func (s *session) settle(ctx context.Context, w io.Writer) error {
	began, last := s.clock.Now(), 0
	for {
		n, err := s.building(ctx)
		if err != nil || n == 0 {
			return err
		}
		if s.clock.Now().Sub(began) >= settleTime {
			return fmt.Errorf("%d indexes are still being built; apply again later, before the service is deployed", n)
		}
		if n != last {
			last = n
			if _, err := fmt.Fprintf(w, "  waiting, up to %s, until Firestore has built %d indexes\n", settleTime,
				n); err != nil {
				return err
			}
		}
		if err := s.sleep(ctx, tryEvery); err != nil {
			return fmt.Errorf("stopped while %d indexes are being built; apply again, before the service is "+
				"deployed: %w", n, err)
		}
	}
}

// building counts the indexes that are not ready.
func (s *session) building(ctx context.Context) (int, error) {
	n := 0
	for _, d := range s.spec.indexed() {
		parent := s.spec.database(d.id) + "/collectionGroups/-"
		it := s.Databases.ListIndexes(ctx, &adminpb.ListIndexesRequest{Parent: parent})
		for {
			i, err := it.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				return 0, fmt.Errorf("look at the indexes of %s: %w", d.id, err)
			}
			if i.GetState() == adminpb.Index_CREATING {
				n++
			}
		}
	}
	return n, nil
}
