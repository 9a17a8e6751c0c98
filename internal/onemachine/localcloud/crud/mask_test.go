package crud_test

import (
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func TestMergeChangesOnlyWhatMayAndIsNamed(t *testing.T) {
	t.Parallel()
	key := func(period time.Duration, label string) *kmspb.CryptoKey {
		return &kmspb.CryptoKey{
			Labels:           map[string]string{"a": label},
			RotationSchedule: &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(period)},
			VersionTemplate:  &kmspb.CryptoKeyVersionTemplate{ProtectionLevel: kmspb.ProtectionLevel_HSM},
		}
	}
	may := []string{"labels", "rotation_period", "version_template.algorithm", "nothing"}
	for what, c := range map[string]struct {
		from  *kmspb.CryptoKey
		paths []string
		want  codes.Code
		then  *kmspb.CryptoKey
	}{
		"no mask":           {key(2, "new"), nil, codes.InvalidArgument, nil},
		"what may not":      {key(2, "new"), []string{"labels", "version_template"}, codes.InvalidArgument, nil},
		"what is not there": {key(2, "new"), []string{"nothing"}, codes.InvalidArgument, nil},
		"one of two":        {key(2, "new"), []string{"labels"}, codes.OK, key(1, "new")},
		"part of a choice":  {key(2, "new"), []string{"rotation_period"}, codes.OK, key(2, "old")},
		"taken away": {nil, []string{"rotation_period", "labels"}, codes.OK,
			&kmspb.CryptoKey{VersionTemplate: key(1, "").GetVersionTemplate()}},
	} {
		dst := key(1, "old")
		err := crud.Merge(dst, c.from, c.paths, may...)
		tabletest.WantCode(t, what, err, c.want)
		if err == nil && !proto.Equal(dst, c.then) {
			t.Errorf("%s: %v, want %v", what, dst, c.then)
		}
	}
	from := key(2, "new")
	dst := key(1, "old")
	if err := crud.Merge(dst, from, []string{"labels"}, may...); err != nil {
		t.Fatal(err)
	}
	dst.Labels["a"] = "changed"
	if from.GetLabels()["a"] != "new" {
		t.Error("what was merged is shared with the request")
	}
}
