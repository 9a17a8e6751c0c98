package store

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The shape of firestore.indexes.json.
type (
	jsonSpec struct {
		Indexes        []jsonIndex    `json:"indexes"`
		FieldOverrides []jsonOverride `json:"fieldOverrides"`
	}
	jsonIndex struct {
		CollectionGroup string      `json:"collectionGroup"`
		QueryScope      string      `json:"queryScope"`
		Fields          []jsonField `json:"fields"`
	}
	jsonField struct {
		FieldPath   string `json:"fieldPath"`
		Order       string `json:"order,omitempty"`
		ArrayConfig string `json:"arrayConfig,omitempty"`
	}
	jsonOverride struct {
		CollectionGroup string       `json:"collectionGroup"`
		FieldPath       string       `json:"fieldPath"`
		TTL             bool         `json:"ttl,omitempty"`
		Indexes         []jsonSingle `json:"indexes"`
	}
	jsonSingle struct {
		QueryScope  string `json:"queryScope"`
		Order       string `json:"order,omitempty"`
		ArrayConfig string `json:"arrayConfig,omitempty"`
	}
)

// JSON renders the spec as firestore.indexes.json, the form that Firebase's tools read.
func (s IndexSpec) JSON() ([]byte, error) {
	out := jsonSpec{Indexes: []jsonIndex{}, FieldOverrides: []jsonOverride{}}
	for _, x := range s.Composites {
		out.Indexes = append(out.Indexes, x.json())
	}
	for _, f := range s.Fields {
		out.FieldOverrides = append(out.FieldOverrides, f.json())
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("store: render the indexes: %w", err)
	}
	return b.Bytes(), nil
}

func (x Index) json() jsonIndex {
	j := jsonIndex{CollectionGroup: x.Collection, QueryScope: queryScope(x.Group)}
	for _, f := range x.Fields {
		order, array := f.Mode.split()
		j.Fields = append(j.Fields, jsonField{f.Name, order, array})
	}
	return j
}

func (f FieldIndexes) json() jsonOverride {
	j := jsonOverride{CollectionGroup: f.Collection, FieldPath: f.Field, TTL: f.TTL, Indexes: []jsonSingle{}}
	for _, s := range f.Single {
		order, array := s.Mode.split()
		j.Indexes = append(j.Indexes, jsonSingle{queryScope(s.Group), order, array})
	}
	return j
}

func queryScope(group bool) string {
	if group {
		return "COLLECTION_GROUP"
	}
	return "COLLECTION"
}

// split distinguishes an order from a list's elements, which Firebase writes in different places.
func (m Mode) split() (order, array string) {
	if m == Contains {
		return "", string(m)
	}
	return string(m), ""
}
