package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

func TestDeadLetters(t *testing.T) {
	var job string
	dir := folderOf(t, func(cloud *local.Cloud, o *app.Operator) {
		o.Queue.Handle("frail", func(context.Context, task.Job) error { return task.Permanent("it was refused", nil) })
		var err error
		if job, err = o.Queue.Add(t.Context(), o.Gate, task.NewJob{Kind: "frail", Payload: "canary"}); err != nil {
			t.Fatal(err)
		}
		if err := o.Queue.Run(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		_, err = cloud.Clients.Publisher.Publish(t.Context(), &pubsubpb.PublishRequest{
			Topic: "projects/toh-local/topics/toh-tasks-dead",
			Messages: []*pubsubpb.PubsubMessage{{Data: []byte(`{"job":"` + job + `"}`), Attributes: map[string]string{
				"CloudPubSubDeadLetterSourceSubscription":        "toh-tasks",
				"CloudPubSubDeadLetterSourceSubscriptionProject": "toh-local",
				"CloudPubSubDeadLetterSourceDeliveryCount":       "20",
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	got := said(t, "dead-letters", "list", "--localcloud", dir)
	for _, want := range []string{"1 dead letters", "toh-tasks", "20 attempts", job, "the job gave up: it was refused",
		"1 jobs gave up"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "canary") {
		t.Errorf("content in\n%s", got)
	}
	var s shown
	if err := json.Unmarshal([]byte(said(t, "dead-letters", "list", "--json", "--localcloud", dir)), &s); err != nil ||
		len(s.Letters) != 1 || len(s.GaveUp) != 1 {
		t.Fatalf("%+v %v", s, err)
	}
	if got := said(t, "dead-letters", "replay", "--id", s.Letters[0].ID, "--localcloud", dir); !strings.Contains(got,
		"1 sent again") {
		t.Errorf("%s", got)
	}
	if got := said(t, "dead-letters", "list", "--localcloud", dir); !strings.Contains(got, "0 dead letters") ||
		!strings.Contains(got, "0 jobs gave up") {
		t.Errorf("%s", got)
	}
	if got := said(t, "dead-letters", "replay", "--localcloud", dir); !strings.Contains(got, "0 sent again") {
		t.Errorf("%s", got)
	}
	for name, args := range map[string][]string{
		"no verb":      {"dead-letters", "--localcloud", dir},
		"unknown verb": {"dead-letters", "burn", "--localcloud", dir},
		"list of one":  {"dead-letters", "list", "--id", job, "--localcloud", dir},
		"no such":      {"dead-letters", "replay", "--id", "none", "--localcloud", dir},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
