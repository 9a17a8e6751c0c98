package store

import (
	"errors"
	"fmt"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type verb int

const (
	create verb = iota + 1
	replace
	put
	remove
)

// Write is one change of one document, to be committed with others or alone.
type Write struct {
	verb    verb
	doc     Doc
	ifStamp time.Time
}

// Create writes a document that must not exist.
func Create(d Doc) Write { return Write{verb: create, doc: d} }

// Replace writes a document that must exist, with that stamp unless it is zero. The caller sets the new version.
func Replace(d Doc, ifStamp time.Time) Write { return Write{verb: replace, doc: d, ifStamp: ifStamp} }

// Put writes a document whether or not it exists.
func Put(d Doc) Write { return Write{verb: put, doc: d} }

// Delete removes a document, which must have that stamp unless it is zero. Without a stamp the document need not exist.
func Delete(r Ref, ifStamp time.Time) Write {
	return Write{verb: remove, doc: Doc{Ref: r}, ifStamp: ifStamp}
}

// Ref is the document that is written.
func (w Write) Ref() Ref { return w.doc.Ref }

// conditional reports whether the database can reject the write.
func (w Write) conditional() bool {
	return w.verb == create || w.verb == replace || !w.ifStamp.IsZero()
}

func (w Write) precondition() *pb.Precondition {
	switch {
	case !w.ifStamp.IsZero():
		return &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: timestamppb.New(w.ifStamp)}}
	case w.verb == create:
		return &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}}
	case w.verb == replace:
		return &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: true}}
	}
	return nil
}

// compile checks writes and maps them to the database's form, all with the same mark.
func (s *Store) compile(writes []Write, mark []byte) ([]*pb.Write, error) {
	if len(writes) == 0 {
		return nil, errors.New("store: nothing to commit")
	}
	list := make([]*pb.Write, len(writes))
	for i := range writes {
		w, err := s.compileOne(&writes[i], mark)
		if err != nil {
			return nil, err
		}
		list[i] = w
	}
	return list, checkCommit(list)
}

func (s *Store) compileOne(w *Write, mark []byte) (*pb.Write, error) {
	ref := w.doc.Ref
	c, err := s.collection(ref.Collection)
	if err != nil {
		return nil, err
	}
	if w.verb == 0 || !ref.valid() {
		return nil, fmt.Errorf("store: %q cannot be written", ref)
	}
	name := s.name(ref)
	if w.verb == remove {
		return &pb.Write{Operation: &pb.Write_Delete{Delete: name}, CurrentDocument: w.precondition()}, nil
	}
	s.stampTimes(&w.doc)
	d, err := c.encode(&w.doc, name, mark)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	change := &pb.Write{Operation: &pb.Write_Update{Update: d}, CurrentDocument: w.precondition()}
	if w.verb == replace { // keep fields that only a later release knows
		change.UpdateMask = &pb.DocumentMask{FieldPaths: c.all}
	}
	return change, checkSize(ref, d)
}

// stampTimes fills in the times that the writer left zero.
func (s *Store) stampTimes(d *Doc) {
	if !d.Created.IsZero() && !d.Updated.IsZero() {
		return
	}
	now := s.clock.Now()
	if d.Updated.IsZero() {
		d.Updated = now
	}
	if d.Created.IsZero() {
		d.Created = now
	}
}
