package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
)

// TrailCheck is what checking the trail came to.
type TrailCheck struct {
	State       string         `json:"state" enum:"well,found,undecided" doc:"found: something is not as it was written. undecided: not everything could be looked at."`
	CheckedAt   time.Time      `json:"checked_at"`
	UpTo        *time.Time     `json:"up_to,omitempty" doc:"What is changed, removed or added before then shows."`
	Entries     int64          `json:"entries" doc:"That are there."`
	Covered     int64          `json:"covered" doc:"Of these, in a checkpoint and unchanged."`
	Open        int64          `json:"open" doc:"Of these, not in a checkpoint yet."`
	Expired     int64          `json:"expired" doc:"In a checkpoint, and ended after 14 days."`
	Before      int64          `json:"before" doc:"From before checkpoints were made."`
	Checkpoints int64          `json:"checkpoints"`
	LastRound   int64          `json:"last_round" doc:"The number of the last round: all checkpoints of a minute, signed together."`
	Findings    []TrailFinding `json:"findings"`
	More        int64          `json:"more_findings" doc:"That are not listed."`
	Undecided   []string       `json:"undecided" doc:"What could not be looked at, in words."`
}

// TrailFinding is something that is not as it was written.
type TrailFinding struct {
	Kind       string     `json:"kind" doc:"As in entry-removed, entry-changed, entry-inserted, checkpoint-removed, bad-signature."`
	Says       string     `json:"says" doc:"The same in words."`
	Entry      string     `json:"entry,omitempty" doc:"The id of the entry."`
	At         *time.Time `json:"at,omitempty" doc:"Of the entry; or when the checkpoint or round was made."`
	Checkpoint int64      `json:"checkpoint,omitempty" doc:"Its number within the workspace."`
	Round      int64      `json:"round,omitempty"`
}

type checkOut struct {
	Body TrailCheck
}

func (a *API) checkAudit(ctx context.Context, v *visit, _ *struct{}) (*checkOut, error) {
	r, err := a.o.Workspaces.CheckTrail(ctx, v.caller())
	if err != nil {
		return nil, err
	}
	out := &checkOut{Body: TrailCheck{
		State: string(r.State), CheckedAt: r.At, UpTo: moment(r.UpTo), Entries: r.Entries, Covered: r.Covered,
		Open: r.Open, Expired: r.Expired,
		Before: r.Before, Checkpoints: r.Checkpoints, LastRound: r.LastRound, More: r.More,
		Findings: make([]TrailFinding, len(r.Findings)), Undecided: append([]string{}, r.Undecided...),
	}}
	for i, f := range r.Findings {
		out.Body.Findings[i] = findingOf(f)
	}
	return out, nil
}

func findingOf(f checkpoint.Finding) TrailFinding {
	return TrailFinding{Kind: string(f.Kind), Says: f.Says, Entry: f.Entry, At: moment(f.At), Checkpoint: f.Checkpoint,
		Round: f.Round}
}
