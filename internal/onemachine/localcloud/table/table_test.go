package table_test

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func TestTableKeepsToItsPrefix(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	a, b := table.New[wrapperspb.StringValue](store, "a/"), table.New[wrapperspb.StringValue](store, "b/")
	if err := a.Put("x", wrapperspb.String("one")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get("x"); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("the other table answers %v, want ErrNotFound", err)
	}
	got, err := a.Get("x")
	if err != nil || got.GetValue() != "one" {
		t.Errorf("Get = %v, %v", got, err)
	}
	if _, err := a.Last("y"); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("Last of nothing = %v, want ErrNotFound", err)
	}
}

// TestStatusIsSaidOnce: an error around a status has its code, and contains its text only once.
func TestStatusIsSaidOnce(t *testing.T) {
	t.Parallel()
	inner := status.Error(codes.FailedPrecondition, "The key is off.")
	for _, err := range []error{inner, fmt.Errorf("seal: %w", inner), errors.Join(fmt.Errorf("seal: %w", inner),
		errors.New("and more"))} {
		got, _ := status.FromError(table.Missing(err, "no such thing"))
		if got.Code() != codes.FailedPrecondition || got.Message() != "The key is off." {
			t.Errorf("%v: %v", err, got)
		}
	}
	if got, _ := status.FromError(table.Status(errors.New("boom"))); got.Code() != codes.Internal ||
		got.Message() != "local storage: boom" {
		t.Errorf("%v", got)
	}
}

func TestBatchIsOne(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	b := store.Batch()
	b.Set([]byte("k1"), []byte("v"))
	b.Delete([]byte("k1"))
	b.Set([]byte("k2"), []byte("v"))
	if err := store.Apply(b); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get([]byte("k1")); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("k1: %v, want ErrNotFound", err)
	}
	if v, err := store.Get([]byte("k2")); err != nil || string(v) != "v" {
		t.Errorf("k2 = %q, %v", v, err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	tab := table.New[wrapperspb.Int64Value](store, "n/")
	for i := range 5 {
		if err := tab.Put(fmt.Sprintf("p/%d", i), wrapperspb.Int64(int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Put("q/0", wrapperspb.Int64(99)); err != nil {
		t.Fatal(err)
	}
	var all []int64
	token := ""
	for range 10 {
		page, next, total, err := tab.List("p/", 2, token)
		if err != nil || total != 5 {
			t.Fatalf("%d in all, %v", total, err)
		}
		for _, v := range page {
			all = append(all, v.GetValue())
		}
		if token = next; token == "" {
			break
		}
	}
	if fmt.Sprint(all) != "[0 1 2 3 4]" {
		t.Errorf("pages gave %v", all)
	}
	_, next, _, err := tab.List("p/", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]func() error{
		"negative size":  func() error { _, _, _, err := tab.List("p/", -1, ""); return err },
		"garbage":        func() error { _, _, _, err := tab.List("p/", 1, "!"); return err },
		"another list's": func() error { _, _, _, err := tab.List("q/", 1, next); return err },
	} {
		if err := bad(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want InvalidArgument", name, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	all := map[string]int{"p/3": 1, "p/1": 1, "q/0": 1, "p/2": 1}
	belongs := func(name string) bool { _, there := all[name]; return there && name[0] == 'p' }
	first, next, err := table.Names(all, belongs, 2, "")
	if err != nil || fmt.Sprint(first) != "[p/1 p/2]" || next == "" {
		t.Fatalf("first page %v, %q, %v", first, next, err)
	}
	delete(all, "p/2") // the last of a page goes away before the next page
	second, next, err := table.Names(all, belongs, 2, next)
	if err != nil || fmt.Sprint(second) != "[p/3]" || next != "" {
		t.Errorf("second page %v, %q, %v", second, next, err)
	}
	for n := range table.MaxPage + 1 {
		all[fmt.Sprintf("p/more/%04d", n)] = 1
	}
	for size, want := range map[int32]int{0: table.DefaultPage, table.MaxPage: table.MaxPage, table.MaxPage +
		1: table.MaxPage} {
		if page, _, err := table.Names(all, belongs, size, ""); err != nil || len(page) != want {
			t.Errorf("size %d gave %d names, %v", size, len(page), err)
		}
	}
	if _, _, err := table.Names(all, belongs, -1, ""); status.Code(err) != codes.InvalidArgument {
		t.Errorf("size -1: %v", err)
	}
	if _, _, err := table.Names(all, belongs, 1, "!"); status.Code(err) != codes.InvalidArgument {
		t.Errorf("garbage: %v", err)
	}
}

func TestCrossedBoundsHoldNothing(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	err := store.Scan([]byte("b"), []byte("a"), true, func(k, _ []byte) bool {
		t.Errorf("visited %q", k)
		return true
	})
	if err != nil {
		t.Error(err)
	}
}
