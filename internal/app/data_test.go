package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// table is what is stored, by place.
func table(t *testing.T, cfg config.Config) map[string]string {
	t.Helper()
	groups, err := stored(cfg)
	if err != nil {
		t.Fatal(err)
	}
	until := map[string]string{}
	for _, g := range groups {
		if len(g.Rows) == 0 {
			t.Errorf("nothing stands under %s", g.Heading)
		}
		for _, r := range g.Rows {
			until[r.Place] = r.Until
		}
	}
	return until
}

// TestEverythingStoredIsInTheTable: each collection of both databases, on one machine and on Google Cloud.
func TestEverythingStoredIsInTheTable(t *testing.T) {
	t.Parallel()
	for name, local := range map[string]bool{"one machine": true, "Google Cloud": false} {
		until := table(t, config.Config{Local: local, Session: config.Session{Absolute: 5 * 24 * time.Hour}})
		for _, c := range slices.Concat(ContentCollections(), KeysCollections()) {
			if until[c.Name] == "" {
				t.Errorf("%s: %s is not in the table", name, c.Name)
			}
			if ends := c.TTL != ""; ends && until[c.Name] == "For good." {
				t.Errorf("%s: %s ends, and the table says that it does not", name, c.Name)
			}
		}
		if until["backups of the keys"] != "" == local || until["copies"] != "" != local {
			t.Errorf("%s: the backups of another installation", name)
		}
	}
}

// TestTheTableSaysWhatTheCodeDoes: what it says comes from the constants and from the configuration.
func TestTheTableSaysWhatTheCodeDoes(t *testing.T) {
	t.Parallel()
	until := table(t, config.Config{Session: config.Session{Absolute: 5 * 24 * time.Hour}})
	for place, d := range map[string]time.Duration{
		audit.EntriesName: audit.Lifetime, "jobs": task.Keep, "reports": shows.TrashTime,
		"productions":  shows.TrashTime,
		"performances": shows.TrashTime, "erasures": seal.LedgerKeep, "invites": account.InviteLife,
		"cookie: device": account.DeviceLife, "sessions": 5 * 24 * time.Hour, "cookie: session": 5 * 24 * time.Hour,
		"backups of the keys": posture.KeysKept, "backups of the content": posture.WeeklyKept,
	} {
		if !strings.Contains(until[place], model.Span(d)) {
			t.Errorf("%s: %q does not say %s", place, until[place], model.Span(d))
		}
	}
	if until["public bucket"] != "" || table(t, config.Config{Mirror: "copy"})["public bucket"] == "" {
		t.Error("the copy of the security page is in the table if and only if there is none")
	}
	if seal.LedgerKeep <= posture.WeeklyKept {
		t.Error("the ledger of erasures does not outlive the backups, as the table says")
	}
}
