package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func key(every time.Duration, labels map[string]string) *kmspb.CryptoKey {
	return &kmspb.CryptoKey{
		Name: "n", Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT, Labels: labels,
		RotationSchedule: &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(every)},
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	channels := func(list ...string) *monitoringpb.AlertPolicy {
		return &monitoringpb.AlertPolicy{NotificationChannels: list}
	}
	sink := func(exclusions ...*loggingpb.LogExclusion) *loggingpb.LogSink {
		return &loggingpb.LogSink{Exclusions: exclusions}
	}
	mine, others := &loggingpb.LogExclusion{Name: "a", Filter: "x"}, &loggingpb.LogExclusion{Name: "b", Filter: "y"}
	for name, c := range map[string]struct {
		rules      rules
		have, want proto.Message
		found      []string
	}{
		"equal":               {nil, key(day, nil), key(day, nil), nil},
		"an operator's label": {nil, key(day, map[string]string{"team": "x"}), key(day, nil), nil},
		"our label is missing": {nil, key(day, map[string]string{"team": "x"}), key(day, map[string]string{"toh": "1"}),
			[]string{"labels[toh]: none → 1"}},
		"a value": {nil, key(30*day, nil), key(90*day, nil),
			[]string{"rotation_period: 30 days → 90 days"}},
		"unset": {nil, &kmspb.CryptoKey{}, key(90*day, nil), []string{"name: none → n",
			"purpose: CRYPTO_KEY_PURPOSE_UNSPECIFIED → ENCRYPT_DECRYPT", "rotation_period: none → 90 days"}},
		"stricter will do": {rules{"rotation_period": {will: shorter}}, key(30*day, nil), key(90*day, nil), nil},
		"laxer will not": {rules{"rotation_period": {will: shorter}}, key(91*day, nil), key(90*day, nil),
			[]string{"rotation_period: 91 days → 90 days"}},
		"refused": {rules{"name": {advice: always("move")}}, key(day, nil), &kmspb.CryptoKey{Name: "m"},
			[]string{"name: n → m: move"}},
		"first only":       {rules{"name": {first: true}}, key(day, nil), &kmspb.CryptoKey{Name: "m"}, nil},
		"zero is not ours": {nil, &loggingpb.LogSink{Disabled: true}, &loggingpb.LogSink{}, nil},
		"zero is ours": {rules{"disabled": {zero: true}}, &loggingpb.LogSink{Disabled: true},
			&loggingpb.LogSink{}, []string{"disabled: true → false"}},
		"one more in a list": {nil, channels("a", "b"), channels("a"), []string{"notification_channels: a, b → a"}},
		"more may be":        {rules{"notification_channels": {more: true}}, channels("b", "a"), channels("a"), nil},
		"ours is not in it": {rules{"notification_channels": {more: true}}, channels("b"), channels("a"),
			[]string{"notification_channels: b → also a"}},
		"by key": {rules{"exclusions": {key: "name"}}, sink(others, mine), sink(mine), nil},
		"by key, missing": {rules{"exclusions": {key: "name"}}, sink(others), sink(mine),
			[]string{`exclusions: none → {"name":"a","filter":"x"}`}},
		"by key, different": {rules{"exclusions": {key: "name"}},
			sink(others, &loggingpb.LogExclusion{Name: "a", Filter: "z"}), sink(mine),
			[]string{"exclusions[a].filter: z → x"}},
		"in a oneof": {nil, &pubsubpb.PushConfig{},
			&pubsubpb.PushConfig{AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{
				OidcToken: &pubsubpb.PushConfig_OidcToken{Audience: "a"}}}, []string{
				`oidc_token: none → {"audience":"a"}`}},
		"a message that is a value": {nil, &monitoringpb.AlertPolicy{Enabled: wrapperspb.Bool(false)},
			&monitoringpb.AlertPolicy{Enabled: wrapperspb.Bool(true)},
			[]string{"enabled: false → true"}},
	} {
		var found []string
		for _, d := range c.rules.differences(c.have, c.want) {
			found = append(found, d.String())
		}
		if !slices.Equal(found, c.found) {
			t.Errorf("%s: %q, want %q", name, found, c.found)
		}
		if strings.Contains(strings.Join(c.found, " "), "move") {
			continue
		}
		if c.rules.overlay(c.have, c.want); len(c.rules.differences(c.have, c.want)) > 0 {
			t.Errorf("%s: still different: %v", name, c.rules.differences(c.have, c.want))
		}
	}
}

func TestOverlayKeepsWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	have := key(30*day, map[string]string{"team": "x", "toh": "0"})
	rules{"rotation_period": {will: shorter}}.overlay(have, key(90*day, map[string]string{"toh": "1"}))
	if have.GetLabels()["team"] != "x" || have.GetLabels()["toh"] != "1" || have.GetRotationPeriod().
		AsDuration() != 30*day {
		t.Errorf("%v", have)
	}
	sink := &loggingpb.LogSink{Exclusions: []*loggingpb.LogExclusion{{Name: "b", Filter: "y"}}}
	mine := &loggingpb.LogExclusion{Name: "a", Filter: "x"}
	rules{"exclusions": {key: "name"}}.overlay(sink, &loggingpb.LogSink{Exclusions: []*loggingpb.LogExclusion{mine}})
	if len(sink.GetExclusions()) != 2 || sink.GetExclusions()[0].GetFilter() != "y" || sink.GetExclusions()[1] == mine {
		t.Errorf("%v", sink)
	}
}

func TestMaskNamesWholeFields(t *testing.T) {
	t.Parallel()
	got := mask([]difference{{field: "push_config.oidc_token.audience"}, {field: "labels[toh]"},
		{field: "push_config.push_endpoint"}, {field: "topic"}})
	if want := []string{"push_config", "labels", "topic"}; !slices.Equal(got.GetPaths(), want) {
		t.Errorf("%v", got.GetPaths())
	}
}

func TestFieldsAreOursAsAWhole(t *testing.T) {
	t.Parallel()
	index := func(m *adminpb.Index_IndexField) *adminpb.Index {
		return &adminpb.Index{QueryScope: adminpb.Index_COLLECTION, Fields: []*adminpb.Index_IndexField{m}}
	}
	ascending := index(indexField("a", "ASCENDING"))
	config := func(list ...*adminpb.Index) *adminpb.Field {
		return &adminpb.Field{IndexConfig: &adminpb.Field_IndexConfig{Indexes: list}}
	}
	living := config()
	living.TtlConfig = &adminpb.Field_TtlConfig{State: adminpb.Field_TtlConfig_ACTIVE}
	later := config()
	later.TtlConfig = &adminpb.Field_TtlConfig{ExpirationOffset: durationpb.New(day)}
	for name, c := range map[string]struct {
		have, want *adminpb.Field
		found      int
	}{
		"same":         {config(ascending), config(ascending), 0},
		"one too many": {config(ascending, index(indexField("a", "DESCENDING"))), config(ascending), 1},
		"not exempt":   {config(ascending), config(), 1}, "lives": {living, living, 0}, "lives for ever": {config(),
			living, 1},
		"dies": {living, config(), 1}, "dies later": {later, living, 1},
	} {
		if got := fieldDifferences(c.have, c.want); len(got) != c.found {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWaitingIsBounded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := finish(ctx, func(ctx context.Context, _ ...gax.CallOption) (int, error) { return 0, ctx.Err() })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "apply again later") {
		t.Errorf("%v", err)
	}
	failed := errors.New("no quota")
	err = finish(t.Context(), func(context.Context, ...gax.CallOption) (int, error) { return 0, failed })
	if !errors.Is(err, failed) || strings.Contains(err.Error(), "apply again later") {
		t.Errorf("%v", err)
	}
}
