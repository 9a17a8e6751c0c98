package cmek_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const key = "projects/keys-of-others/locations/europe-west1/keyRings/r/cryptoKeys/k"
	var asked []string
	use := cmek.Use(func(_ context.Context, key, account string) error {
		asked = append(asked, key+" "+account)
		return status.Error(codes.FailedPrecondition, "no")
	})
	for what, c := range map[string]struct {
		key, location string
		want          codes.Code
		asks          int
	}{
		"no key":         {"", "europe-west1", codes.OK, 0},
		"no key's name":  {"k", "europe-west1", codes.InvalidArgument, 0},
		"a version":      {key + "/cryptoKeyVersions/1", "europe-west1", codes.InvalidArgument, 0},
		"elsewhere":      {key, "europe-west3", codes.InvalidArgument, 0},
		"not accessible": {key, "europe-west1", codes.FailedPrecondition, 1},
		"in capitals":    {key, "EUROPE-WEST1", codes.FailedPrecondition, 1},
	} {
		asked = nil
		tabletest.WantCode(t, what, use.Check(t.Context(), c.key, "projects/tiny-opera/buckets/b", c.location,
			"gs-project-accounts"), c.want)
		if len(asked) != c.asks {
			t.Errorf("%s: asked %q", what, asked)
		}
		if c.asks > 0 && asked[0] != key+" "+project.Agent("tiny-opera", "gs-project-accounts") {
			t.Errorf("%s: asked %q", what, asked)
		}
	}
	if err := cmek.Use(nil).Check(t.Context(), key, "projects/tiny-opera", "europe-west1", "x"); err != nil {
		t.Errorf("nobody to ask: %v", err)
	}
}
