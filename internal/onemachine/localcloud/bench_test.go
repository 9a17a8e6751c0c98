package localcloud_test

import (
	"testing"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	mrpb "google.golang.org/genproto/googleapis/api/monitoredres"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
)

func benchCloud(b *testing.B) *localcloud.Cloud {
	c, err := localcloud.Open(b.Context(), localcloud.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

func BenchmarkEncrypt(b *testing.B) {
	c := benchCloud(b)
	keys := kmspb.NewKeyManagementServiceClient(c.Conn())
	if _, err := keys.CreateKeyRing(b.Context(), &kmspb.CreateKeyRingRequest{Parent: "projects/p/locations/l",
		KeyRingId: "r"}); err != nil {
		b.Fatal(err)
	}
	if _, err := keys.CreateCryptoKey(b.Context(), &kmspb.CreateCryptoKeyRequest{Parent: ring, CryptoKeyId: "k",
		CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT}}); err != nil {
		b.Fatal(err)
	}
	req := &kmspb.EncryptRequest{Name: ring + "/cryptoKeys/k", Plaintext: make([]byte, 64)}
	for b.Loop() {
		if _, err := keys.Encrypt(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	c := benchCloud(b)
	topics := pubsubpb.NewPublisherClient(c.Conn())
	if _, err := topics.CreateTopic(b.Context(), &pubsubpb.Topic{Name: theTask}); err != nil {
		b.Fatal(err)
	}
	subs := pubsubpb.NewSubscriberClient(c.Conn())
	if _, err := subs.CreateSubscription(b.Context(), &pubsubpb.Subscription{Name: "projects/p/subscriptions/sub",
		Topic: theTask}); err != nil {
		b.Fatal(err)
	}
	req := &pubsubpb.PublishRequest{Topic: theTask, Messages: []*pubsubpb.PubsubMessage{{Data: make([]byte, 200)}}}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := topics.Publish(b.Context(), req); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkWriteLogEntries(b *testing.B) {
	c := benchCloud(b)
	logs := loggingpb.NewLoggingServiceV2Client(c.Conn())
	req := &loggingpb.WriteLogEntriesRequest{LogName: "projects/p/logs/l",
		Resource: &mrpb.MonitoredResource{Type: "global"}}
	for range 100 {
		req.Entries = append(req.Entries,
			&loggingpb.LogEntry{Payload: &loggingpb.LogEntry_TextPayload{TextPayload: "an entry"}})
	}
	for b.Loop() {
		if _, err := logs.WriteLogEntries(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkNewestEntries reads the newest fifty of many.
func BenchmarkNewestEntries(b *testing.B) {
	c := benchCloud(b)
	logs := loggingpb.NewLoggingServiceV2Client(c.Conn())
	req := &loggingpb.WriteLogEntriesRequest{LogName: "projects/p/logs/l",
		Resource: &mrpb.MonitoredResource{Type: "global"}}
	for range 1000 {
		req.Entries = append(req.Entries,
			&loggingpb.LogEntry{Payload: &loggingpb.LogEntry_TextPayload{TextPayload: "an entry"}})
	}
	for range 50 {
		if _, err := logs.WriteLogEntries(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
	ask := &loggingpb.ListLogEntriesRequest{ResourceNames: []string{"projects/p"}, OrderBy: "timestamp desc"}
	for b.Loop() {
		if _, err := logs.ListLogEntries(b.Context(), ask); err != nil {
			b.Fatal(err)
		}
	}
}
