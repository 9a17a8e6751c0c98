package store

import (
	"fmt"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/model"
)

// The database's limits, checked before anything is sent.
const (
	MaxDocument = 1 << 20    // bytes of one document, as the database counts them
	MaxBody     = 1<<20 - 89 // bytes of one value
	MaxCommit   = 10 << 20   // bytes of one commit as sent
	MaxString   = 1500       // bytes of a string in a field; a longer one would be truncated in the indexes
	MaxElements = 4000       // elements of a list in a field; each is an entry in every index that holds the field
)

// Room left in a commit for the message around the writes.
const commitFrame = 4 << 10

func tooLarge(format string, args ...any) error {
	return &model.Error{
		Kind:   model.ErrTooLarge,
		Public: "This is too large to be kept in one piece. Please shorten it.",
		Cause:  fmt.Errorf(format, args...),
	}
}

// checkSize refuses what the database would refuse, or would keep but not find again.
func checkSize(r Ref, d *pb.Document) error {
	size := nameSize(r) + 32
	for key, v := range d.GetFields() {
		if key != bodyField && !fieldFits(v) {
			return tooLarge("document %s: field %q is too long", r, key)
		}
		size += len(key) + 1 + valueSize(v)
	}
	if n := len(d.GetFields()[bodyField].GetBytesValue()); n > MaxBody {
		return tooLarge("document %s: the body has %d bytes", r, n)
	}
	if size > MaxDocument {
		return tooLarge("document %s has %d bytes", r, size)
	}
	return nil
}

func fieldFits(v *pb.Value) bool {
	list := v.GetArrayValue().GetValues()
	for _, e := range list {
		if len(e.GetStringValue()) > MaxString {
			return false
		}
	}
	return len(v.GetStringValue()) <= MaxString && len(list) <= MaxElements
}

// nameSize counts a name as the database does: one byte extra for each part, and 16 for the whole.
func nameSize(r Ref) int {
	path := r.String()
	return len(path) - strings.Count(path, "/") + 4 + 16
}

// valueSize counts a value as the database does.
func valueSize(v *pb.Value) int {
	switch v := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		return len(v.StringValue) + 1
	case *pb.Value_BytesValue:
		return len(v.BytesValue)
	case *pb.Value_BooleanValue:
		return 1
	case *pb.Value_ArrayValue:
		size := 0
		for _, e := range v.ArrayValue.GetValues() {
			size += valueSize(e)
		}
		return size
	}
	return 8
}

// checkCommit refuses a commit that is longer than the database accepts in one request.
func checkCommit(writes []*pb.Write) error {
	size := commitFrame
	for _, w := range writes {
		size += estimate(w)
	}
	if size <= MaxCommit {
		return nil
	}
	return tooLarge("a commit of %d writes is longer than %d bytes", len(writes), MaxCommit)
}

// estimate is the length of a write as sent; cheap for the many small ones.
func estimate(w *pb.Write) int { return proto.Size(w) }
