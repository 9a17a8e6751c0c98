package operation_test

import (
	"testing"

	lroauto "cloud.google.com/go/longrunning/autogen"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const parent = "projects/p/locations/l"

func open(t *testing.T, store table.Store) (*operation.Operations, *lroauto.OperationsClient) {
	t.Helper()
	ops, conn := operation.New(store), inproc.New(inproc.Options{})
	ops.Register(conn)
	client, err := lroauto.NewOperationsClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	return ops, client
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	ops, _ := open(t, store)
	made, err := ops.Done(parent, wrapperspb.String("result"), &emptypb.Empty{})
	if err != nil || !made.GetDone() || made.GetMetadata() == nil {
		t.Fatalf("%v, %v", made, err)
	}
	for _, p := range []string{parent, "projects/p/databases/d", ""} {
		if _, err := ops.Done(p, wrapperspb.String("other"), nil); err != nil {
			t.Fatal(err)
		}
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	_, client := open(t, store)
	got, err := client.GetOperation(t.Context(), &longrunningpb.GetOperationRequest{Name: made.GetName()})
	if err != nil || !proto.Equal(got, made) {
		t.Errorf("%v, %v", got, err)
	}
	result, err := got.GetResponse().UnmarshalNew()
	if err != nil || !proto.Equal(result, wrapperspb.String("result")) {
		t.Errorf("result %v, %v", result, err)
	}
	for name, want := range map[string]int{parent: 2, "": 1, "projects/p": 0} {
		n := 0
		it := client.ListOperations(t.Context(), &longrunningpb.ListOperationsRequest{Name: name, PageSize: 1})
		for _, err := it.Next(); err != iterator.Done; _, err = it.Next() {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != want {
			t.Errorf("%q has %d operations, want %d", name, n, want)
		}
	}
	wantCode(t, "cancel", client.CancelOperation(t.Context(),
		&longrunningpb.CancelOperationRequest{Name: made.GetName()}), codes.OK)
	wantCode(t, "delete", client.DeleteOperation(t.Context(),
		&longrunningpb.DeleteOperationRequest{Name: made.GetName()}), codes.OK)
	wantCode(t, "delete again", client.DeleteOperation(t.Context(),
		&longrunningpb.DeleteOperationRequest{Name: made.GetName()}), codes.NotFound)
	_, err = client.GetOperation(t.Context(), &longrunningpb.GetOperationRequest{Name: made.GetName()})
	wantCode(t, "get", err, codes.NotFound)
	_, err = client.WaitOperation(t.Context(), &longrunningpb.WaitOperationRequest{Name: "x"})
	wantCode(t, "bad name", err, codes.InvalidArgument)
}
