package store

import (
	"fmt"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// encode maps a document to its stored form, under its full name and with the mark of its commit.
func (c *collection) encode(d *Doc, name string, mark []byte) (*pb.Document, error) {
	fields := make(map[string]*pb.Value, len(d.Fields)+len(ownFields))
	for key, v := range d.Fields {
		value, err := encode(c.types[key], v)
		if err != nil {
			return nil, fmt.Errorf("collection %s: field %q: %w", c.Name, key, err)
		}
		fields[key] = value
	}
	fields[versionField] = intValue(d.Version)
	fields[createdField] = timeValue(d.Created)
	fields[updatedField] = timeValue(d.Updated)
	fields[commitField] = bytesValue(mark)
	if d.Body != nil {
		fields[bodyField] = bytesValue(d.Body)
	}
	if d.Proof != nil {
		fields[proofField] = bytesValue(d.Proof)
	}
	return &pb.Document{Name: name, Fields: fields}, nil
}

// decode maps a stored document back. Fields that are no longer declared are left out.
func (c *collection) decode(r Ref, stored *pb.Document) (*Doc, error) {
	d := &Doc{Ref: r, Stamp: stored.GetUpdateTime().AsTime(),
		Fields: make(Fields, min(len(c.types), len(stored.GetFields())))}
	for key, v := range stored.GetFields() {
		if err := c.decodeField(d, key, v); err != nil {
			return nil, fmt.Errorf("document %s: field %q: %w", r, key, err)
		}
	}
	return d, nil
}

func (c *collection) decodeField(d *Doc, key string, v *pb.Value) error {
	switch key {
	case versionField:
		d.Version = v.GetIntegerValue()
	case createdField:
		d.Created = v.GetTimestampValue().AsTime()
	case updatedField:
		d.Updated = v.GetTimestampValue().AsTime()
	case bodyField:
		d.Body = v.GetBytesValue()
	case proofField:
		d.Proof = v.GetBytesValue()
	default:
		t := c.types[key]
		if t == 0 {
			return nil
		}
		value, err := decode(t, v)
		if err != nil {
			return err
		}
		d.Fields[key] = value
	}
	return nil
}
