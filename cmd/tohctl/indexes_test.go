package main

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

func TestIndexes(t *testing.T) {
	for name, collections := range databases {
		var out bytes.Buffer
		if err := run(t.Context(), []string{"indexes", "--database", name}, &out, io.Discard); err != nil {
			t.Fatal(err)
		}
		var printed struct {
			Indexes        []struct{ CollectionGroup string }
			FieldOverrides []struct {
				CollectionGroup, FieldPath string
				TTL                        bool
			}
		}
		if err := json.Unmarshal(out.Bytes(), &printed); err != nil {
			t.Fatal(err)
		}
		want := store.Indexes(collections())
		if len(printed.Indexes) != len(want.Composites) || len(printed.FieldOverrides) != len(want.Fields) ||
			len(want.Fields) == 0 {
			t.Errorf("%s: %d indexes and %d fields, want %d and %d", name, len(printed.Indexes),
				len(printed.FieldOverrides), len(want.Composites), len(want.Fields))
		}
		for i, f := range want.Fields {
			if p := printed.FieldOverrides[i]; p.CollectionGroup != f.Collection || p.FieldPath != f.Field ||
				p.TTL != f.TTL {
				t.Errorf("%s: %+v, want %+v", name, p, f)
			}
		}
	}
	for _, args := range [][]string{{"--database", "trail"}, {"content"}, {"--all"}} {
		var out bytes.Buffer
		if err := run(t.Context(), append([]string{"indexes"}, args...), &out, io.Discard); err == nil ||
			out.Len() > 0 {
			t.Errorf("%v: %v, %q", args, err, out.String())
		}
	}
}
