package firestore

import (
	"fmt"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
)

func (c *decoded) room() (size int) {
	for _, known := range c.held {
		size += len(known.stored)
	}
	return size
}

// TestCachedIsWhatIsStored: whatever was read before under the same key or another, with the same fields or others, a
// document is what its stored bytes say, and the cache keeps to its limit.
func TestCachedIsWhatIsStored(t *testing.T) {
	t.Parallel()
	masks := []*mask{nil}
	for _, paths := range [][]string{{}, {"a"}, {"b"}, {"a", "b"}, {"m.n"}} {
		m, err := parseMask(&pb.DocumentMask{FieldPaths: paths})
		if err != nil {
			t.Fatal(err)
		}
		masks = append(masks, m)
	}
	hits := 0
	rapid.Check(t, func(t *rapid.T) {
		c := newDecoded(4000)
		stored := map[string][]byte{}
		for range 200 {
			key := fmt.Sprint("key ", rapid.IntRange(0, 20).Draw(t, "key"))
			if stored[key] == nil || rapid.IntRange(0, 9).Draw(t, "write") == 0 {
				text := &pb.Value{ValueType: &pb.Value_StringValue{StringValue: rapid.StringN(0, 40, -1).
					Draw(t, "text")}}
				inner := map[string]*pb.Value{"n": text, "o": text}
				stored[key] = wire.AppendDocument(nil, &pb.Document{Name: "n", Fields: map[string]*pb.Value{"a": text,
					"b": text, "m": {ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: inner}}}}})
			}
			m := rapid.SampledFrom(masks).Draw(t, "mask")
			got, err := c.document([]byte(key), stored[key], m)
			want, wrong := m.decode(stored[key])
			if err != nil || wrong != nil || !proto.Equal(got, want) {
				t.Fatalf("%s: %v, %v, not %v", key, got, err, want)
			}
			if c.size > c.most || c.size != c.room() {
				t.Fatalf("%d bytes of %d, counted %d", c.room(), c.most, c.size)
			}
			if again, err := c.document([]byte(key), stored[key], m); err != nil || !proto.Equal(again, want) {
				t.Fatalf("%s again: %v, %v, not %v", key, again, err, want)
			}
			if again, err := c.document([]byte(key), stored[key], m); err == nil && again == got {
				hits++
			}
		}
	})
	if hits == 0 {
		t.Error("nothing is ever cached")
	}
}

// TestWalkDisplacesNothing: what is asked for once takes no room.
func TestWalkDisplacesNothing(t *testing.T) {
	t.Parallel()
	c := newDecoded(1 << 20)
	stored := wire.AppendDocument(nil, &pb.Document{Name: "n"})
	for n := range 10_000 {
		if _, err := c.document(fmt.Append(nil, n), stored, nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.held) > 0 {
		t.Errorf("%d documents are cached", len(c.held))
	}
}

// TestDamagedIsNotCached: bytes that are no document are an error each time.
func TestDamagedIsNotCached(t *testing.T) {
	t.Parallel()
	c := newDecoded(1 << 20)
	for range 4 {
		if doc, err := c.document([]byte("key"), []byte("no document"), nil); err == nil {
			t.Fatalf("damaged bytes are %v", doc)
		}
	}
}
