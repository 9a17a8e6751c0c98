package trail

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

const exportTime = 50 * time.Second

// exportedEntry is an entry as an export holds it.
type exportedEntry struct {
	ID       string            `json:"id"`
	At       time.Time         `json:"at"`
	Actor    exportedActor     `json:"actor"`
	Action   access.Action     `json:"action"`
	Record   string            `json:"record,omitempty"`
	Outcome  audit.Outcome     `json:"outcome"`
	Request  string            `json:"request,omitempty"`
	Session  string            `json:"session,omitempty"`
	Sentence string            `json:"sentence"`
	Labels   map[string]string `json:"labels,omitempty"`
	Shown    []string          `json:"shown,omitempty"`
}

type exportedActor struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Role access.Role `json:"role"`
}

func exported(e *audit.Entry) exportedEntry {
	return exportedEntry{
		ID: e.ID, At: e.At, Actor: exportedActor(e.Actor), Action: e.Action, Record: e.Record, Outcome: e.Outcome,
		Request: e.Request, Session: e.Session, Sentence: e.Sentence(), Labels: e.Labels, Shown: e.Shown,
	}
}

func (s *pages) exportLines(q *frame.Request) (frame.Answer, error) {
	return s.export(q, "jsonl", "application/jsonl", func(w io.Writer) func(*audit.Entry) error {
		lines := json.NewEncoder(w)
		return func(e *audit.Entry) error { return lines.Encode(exported(e)) }
	})
}

func (s *pages) exportCSV(q *frame.Request) (frame.Answer, error) {
	return s.export(q, "csv", "text/csv; charset=utf-8; header=present", func(w io.Writer) func(*audit.Entry) error {
		_, _ = io.WriteString(w, byteOrderMark)
		table := csv.NewWriter(w)
		table.UseCRLF = true // RFC 4180
		_ = table.Write([]string{"at", "actor id", "actor", "role", "action", "record", "outcome", "sentence",
			"request", "session", "id", "shown", "labels"})
		table.Flush() // also if there is no entry
		return func(e *audit.Entry) error {
			x := exported(e)
			at := frame.Zoned(x.At, q.Place.Zone).Format(time.RFC3339)
			row := []string{at, x.Actor.ID, x.Actor.Name, string(x.Actor.Role), string(x.Action), x.Record,
				string(x.Outcome), x.Sentence, x.Request, x.Session, x.ID, strings.Join(x.Shown, " "),
				labelsCell(x.Labels)}
			for i := range row {
				row[i] = plainCell(row[i])
			}
			_ = table.Write(row)
			table.Flush()
			return table.Error()
		}
	})
}

// byteOrderMark tells spreadsheet programs that a table is UTF-8, and not in their machine's code page.
const byteOrderMark = "\ufeff"

// labelsCell is the labels of an entry in one cell, as JSON with sorted keys.
func labelsCell(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	text, _ := json.Marshal(labels) // of strings it cannot fail
	return string(text)
}

// plainCell prevents that a spreadsheet takes a text for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

// export writes all entries that the filters match, newest first, as they are read.
func (s *pages) export(q *frame.Request, ending, kind string, writer func(io.Writer) func(*audit.Entry) error) (
	frame.Answer,
	error) {
	filter, form := trailFilter(q)
	if form.Failed() {
		return form.Again(&TrailPage{Base: frame.Base{Section: "audit"}, Form: form}), nil
	}
	name := "audit-" + q.Place.Slug + "-" + frame.Zoned(q.Now(), q.Place.Zone).Format(time.DateOnly) + "." +
		ending
	return frame.File(name, kind, func(ctx context.Context, w io.Writer) error {
		return s.trail.ExportTrail(ctx, q.Caller(), filter, ending, writer(w))
	}), nil
}
