package app_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
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
