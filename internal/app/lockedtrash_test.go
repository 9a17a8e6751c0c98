package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestTheTrashOfALockedWorkspaceWaits disables its key for some nights.
func TestTheTrashOfALockedWorkspaceWaits(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	installation := servetest.Start(t, servetest.Options{Demo: true, Clock: clock})
	boss := access.Caller{Scope: model.Workspace(installation.Sheet.Workspaces[0].ID), Account: "boss", Name: "Boss",
		Role: access.Management}
	list, err := installation.App.Stage.Productions(t.Context(), boss, shows.ListInput{})
	if err != nil {
		t.Fatal(err)
	}
	id := list.Records[0].ID
	kms := installation.Cloud.Clients.KMS
	ring, _, _ := strings.Cut(installation.Config.KMSKey, "/cryptoKeys/")
	key, err := kms.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{
		Parent: ring, CryptoKeyId: "own", CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := installation.App.Gate.Keyrings().RewrapUnder(t.Context(), boss.Scope, key.GetName()); err != nil {
		t.Fatal(err)
	}
	turn := func(state kmspb.CryptoKeyVersion_CryptoKeyVersionState) {
		t.Helper()
		_, err := kms.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
			CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: key.GetName() + "/cryptoKeyVersions/1", State: state},
			UpdateMask:       &fieldmaskpb.FieldMask{Paths: []string{"state"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := installation.App.Stage.TrashProduction(t.Context(), boss, id, 0); err != nil {
		t.Fatal(err)
	}
	turn(kmspb.CryptoKeyVersion_DISABLED)
	results := func() (said []string) {
		t.Helper()
		jobs, _, err := installation.App.Queue.Of(t.Context(), boss.Scope, 50, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs {
			said = append(said, string(j.State)+" "+j.Result+j.Reason)
		}
		return said
	}
	until := func(what string, ok func([]string) bool) {
		t.Helper()
		for range 100 {
			if _, err := installation.App.Queue.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if ok(results()) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s: never; the jobs: %q", what, results())
	}
	count := func(said []string, part string) (n int) {
		for _, s := range said {
			if strings.Contains(s, part) {
				n++
			}
		}
		return n
	}
	clock.Advance(32 * 24 * time.Hour)
	for night := 1; night <= 2; night++ {
		until("a locked night", func(said []string) bool {
			return count(said, "locked") == night && count(said, "queued") == 1
		})
		clock.Advance(24 * time.Hour)
	}
	turn(kmspb.CryptoKeyVersion_ENABLED)
	until("the first night after", func(said []string) bool {
		return count(said, "removed") > 0 && count(said, "queued") == 0
	})
	if _, err := installation.App.Stage.RestoreProduction(t.Context(), boss, id); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("still there: %v", err)
	}
	if said := results(); count(said, "failed") > 0 {
		t.Errorf("%q", said)
	}
}
