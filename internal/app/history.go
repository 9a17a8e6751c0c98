package app

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// openHistory creates the history of this address. Its last head is kept in the keys database, and each one is copied
// to the audit log.
func (g *ground) openHistory(o Options) error {
	at, err := url.Parse(o.Config.BaseURL)
	if err != nil {
		return fmt.Errorf("the base URL: %w", err)
	}
	log := audit.CloudLog{Client: o.Clients.Logging, Project: o.Config.Project}
	g.history = history.New(history.Options{
		Content: g.patient, Outside: g.outside, Keys: g.signs, Origin: at.Host + check.Path, Clock: o.Clock,
		Ship: func(ctx context.Context, h history.Head) error {
			return log.WriteNotes(ctx, []audit.LogNote{headNote(h)})
		},
	})
	return nil
}

// ContinueHistory begins a new section of the history, after what is stored turned out not to be what was recorded. Why
// is published. That somebody does it is in the platform's trail first.
func (p *Operator) ContinueHistory(ctx context.Context, why string) error {
	caller := access.SystemCaller(model.Platform(), "continue-history", "")
	if err := p.Gate.Note(ctx, p.Gate, records.By(caller, access.HistoryContinue), "", audit.Done); err != nil {
		return fmt.Errorf("record in the trail that the history continues: %w", err)
	}
	// It has no origin, because it signs nothing.
	return history.New(history.Options{Content: p.ground.patient, Outside: p.ground.outside, Keys: p.ground.signs,
		Clock: p.Clock}).Continue(ctx, why)
}

func headNote(h history.Head) audit.LogNote {
	section, size := strconv.FormatInt(h.Section, 10), strconv.FormatInt(h.Size, 10)
	return audit.LogNote{
		ID: "history/" + section + "/" + size, At: h.At, Scope: model.Platform(), Action: history.HeadSigned,
		Fields: map[string]string{"section": section, "size": size, "root": h.Root.String(), "key": h.Key,
			"note": h.Note},
	}
}
