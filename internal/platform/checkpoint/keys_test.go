package checkpoint_test

import (
	"fmt"
	"testing"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

func caller(scope model.Scope) access.Caller {
	return access.Caller{Scope: scope, Account: "ada", Name: "Ada", Role: access.Reporter}
}

func newVersion(t *testing.T, w *world) {
	t.Helper()
	_, err := w.Clients.KMS.CreateCryptoKeyVersion(t.Context(),
		&kmspb.CreateCryptoKeyVersionRequest{Parent: w.Config.SigningKey()})
	must(t, err)
}

func disable(t *testing.T, w *world, version int) {
	t.Helper()
	_, err := w.Clients.KMS.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{
			Name:  fmt.Sprint(w.Config.SigningKey(), "/cryptoKeyVersions/", version),
			State: kmspb.CryptoKeyVersion_DISABLED,
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	must(t, err)
}
