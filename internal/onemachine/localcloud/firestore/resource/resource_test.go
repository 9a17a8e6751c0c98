package resource_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

func TestSegmentsComeBack(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a", "é", "a\x00b", "\x00", "\x00\xff", "__id7__", "__id-7__", "__id007__", "__idx__",
		"__id9223372036854775807__", "__id9223372036854775808__"} {
		b := append(resource.AppendSegment(nil, id), "rest"...)
		got, rest := resource.TakeSegment(b)
		if got != id || string(rest) != "rest" || resource.SegmentLen(b) != len(b)-4 {
			t.Errorf("%q: %q, %q, %d", id, got, rest, resource.SegmentLen(b))
		}
	}
	path := append(resource.AppendPath(nil, []string{"a", "__id3__", "c", "d"}), resource.End)
	if got := resource.Path(path); got != "a/__id3__/c/d" {
		t.Error(got)
	}
}

func TestNamesSortByTheirParts(t *testing.T) {
	t.Parallel()
	sorted := []string{"a/__id-1__", "a/__id2__", "a/__id10__", "a/__id10__/b/c", "a/!", "a/b", "a/b/c/d", "a/b!",
		"a/bb", "a!/a", "b/a"}
	for i := range sorted[1:] {
		a := append(resource.AppendPath(nil, strings.Split(sorted[i], "/")), resource.End)
		b := append(resource.AppendPath(nil, strings.Split(sorted[i+1], "/")), resource.End)
		if bytes.Compare(a, b) >= 0 {
			t.Errorf("%s is not before %s", sorted[i], sorted[i+1])
		}
	}
}

func TestFieldPaths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want []string
		text string
	}{
		{"a", []string{"a"}, "a"},
		{"_a1.b", []string{"_a1", "b"}, "_a1.b"},
		{"`a`.b", []string{"a", "b"}, "a.b"},
		{"`a.b`.c", []string{"a.b", "c"}, "`a.b`.c"},
		{"`a\\`b\\\\`", []string{"a`b\\"}, "`a\\`b\\\\`"},
		{"`é x`", []string{"é x"}, "`é x`"},
		{"__name__", []string{"__name__"}, "__name__"},
	} {
		f, err := resource.ParseField(c.in)
		if err != nil || !slices.Equal(f.Segments, c.want) || f.Text != c.text {
			t.Errorf("%s: %v %v", c.in, f, err)
		}
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "1a", "a-b", "`a", "``", "`a`b", "a`b`", "`a\\", "__x__",
		"a.__x__", strings.Repeat("a", 1501)} {
		if f, err := resource.ParseField(bad); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%q is taken: %v", bad, f)
		}
	}
}

func TestDocumentNames(t *testing.T) {
	t.Parallel()
	const db = "projects/p/databases/(default)"
	d, err := resource.ParseDoc(db + "/documents/a/b/c/d")
	if err != nil || d.Database != db || d.Group() != "c" || d.ID() != "d" || d.String() != db+"/documents/a/b/c/d" {
		t.Errorf("%v %v", d, err)
	}
	if p, err := resource.ParseParent(db + "/documents"); err != nil || len(p.Segments) != 0 || p.Database != db {
		t.Errorf("%v %v", p, err)
	}
	for _, bad := range []string{
		"", "/", "projects", "projects/p", "projects//databases/d/documents/a/b", "projects/p/databases/d",
		"projects/p/databases/d/document/a/b",
		"projects/p/database/d/documents/a/b", db + "/documents/", db + "/documents/a", db + "/documents/a//",
		db + "/documents/a/b/", db + "/documents//b",
		db + "/documents/a/..", db + "/documents/a/__b__", db + "/documents/a/\xff", db + "/documentsx/a/b",
		db + "/documents/" + strings.Repeat("c/"+strings.Repeat("d", 1400)+"/", 5) + "c/d",
	} {
		if d, err := resource.ParseDoc(bad); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%.80q is taken: %v %v", bad, d, err)
		}
		if err := resource.CheckDatabase(bad); bad != "projects/p/databases/d" &&
			status.Code(err) != codes.InvalidArgument {
			t.Errorf("database %.80q is taken: %v", bad, err)
		}
	}
}
