package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
)

// TrailCheck is the result of checking the trail.
type TrailCheck struct {
	State       string         `json:"state" enum:"well,found,undecided" doc:"found: something was changed, removed or added. undecided: not everything could be checked."`
	CheckedAt   time.Time      `json:"checked_at"`
	UpTo        *time.Time     `json:"up_to,omitempty" doc:"Until when checkpoints cover the trail. What is changed, removed or added before then is found."`
	Entries     int64          `json:"entries" doc:"Entries in the trail."`
	Covered     int64          `json:"covered" doc:"Of these, those in a checkpoint and unchanged."`
	Open        int64          `json:"open" doc:"Of these, those not in a checkpoint yet."`
	Expired     int64          `json:"expired" doc:"Entries in a checkpoint that expired after 14 days."`
	Before      int64          `json:"before" doc:"Entries from before there were checkpoints."`
	Checkpoints int64          `json:"checkpoints"`
	LastRound   int64          `json:"last_round" doc:"The number of the last round: all checkpoints of a minute, signed together."`
	Findings    []TrailFinding `json:"findings"`
	More        int64          `json:"more_findings" doc:"Findings that are not listed."`
	Undecided   []string       `json:"undecided" doc:"What could not be checked, in words."`
}

// TrailFinding is something that was changed, removed or added.
type TrailFinding struct {
	Kind       string     `json:"kind" doc:"Such as entry-removed, entry-changed, entry-inserted, checkpoint-removed, bad-signature."`
	Says       string     `json:"says" doc:"The same in words."`
	Entry      string     `json:"entry,omitempty" doc:"The id of the entry."`
	At         *time.Time `json:"at,omitempty" doc:"The time of the entry, checkpoint or round."`
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
