package app_test

import (
	"log/slog"
	"strings"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// TestHistoryOfAnInstallation: what the service records can be checked, and its heads are in the log.
func TestHistoryOfAnInstallation(t *testing.T) {
	t.Parallel()
	installation := servetest.Start(t, servetest.Options{})
	log := installation.App.History()
	var heads []string
	for n := range 2 {
		_, h, err := log.Append(t.Context(), "result", map[string]int{"n": n})
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, h.Note)
	}
	_, host, _ := strings.Cut(installation.Config.BaseURL, "://")
	b := check.Bundle{Origin: host + "/security/history", Heads: heads}
	page, err := log.Page(t.Context(), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.Entries = page.Entries
	if b.Keys, err = log.PublicKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := check.Verify(b); r.State != check.Well || r.Covered != 3 {
		t.Errorf("%+v", r)
	}
	shipped := installation.Cloud.Clients.Logging.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + installation.Config.Project}, Filter: `labels.action="history.head"`,
	})
	for _, want := range heads {
		e, err := shipped.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := e.GetJsonPayload().GetFields()["note"].GetStringValue(); got != want {
			t.Errorf("the log has %q, want %q", got, want)
		}
	}
}

// TestOperatorContinuesTheHistory begins a section between two entries.
func TestOperatorContinuesTheHistory(t *testing.T) {
	t.Parallel()
	house := servetest.Start(t, servetest.Options{})
	_, before, err := house.App.History().Append(t.Context(), "result", 1)
	if err != nil {
		t.Fatal(err)
	}
	o, err := app.NewOperator(t.Context(), app.OperatorOptions{Config: house.Config, Clients: house.Cloud.Clients,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close(t.Context()) })
	if err := o.ContinueHistory(t.Context(), "A disk failed."); err != nil {
		t.Fatal(err)
	}
	e, after, err := house.App.History().Append(t.Context(), "result", 2)
	if err != nil || e.Section != before.Section+1 || after.Before != before.Hash() {
		t.Errorf("%+v, %+v, %v", e, after, err)
	}
	first, err := house.App.History().Entries(t.Context(), e.Section, 0, 1)
	if err != nil || !strings.Contains(string(first[0].Data), `"why":"A disk failed."`) {
		t.Errorf("%s, %v", first[0].Data, err)
	}
	told, err := o.Trail().List(t.Context(), model.Platform(), audit.Filter{Action: access.HistoryContinue}, 10, "")
	if err != nil || len(told.Entries) != 1 {
		t.Errorf("the trail has %+v, %v", told, err)
	}
}
