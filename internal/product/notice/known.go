package notice

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// main is the id of the only document.
const main = "main"

// known is what this installation has shown so far.
type known struct {
	Began         time.Time             `json:"began"`
	Agreements    []string              `json:"agreements"` // ids of the notices of all versions
	Subprocessors []policy.Subprocessor `json:"subprocessors,omitempty"`
	Seen          *seen                 `json:"seen,omitempty"`
	Changes       []policy.Change       `json:"changes,omitempty"` // the latest first
}

// seen is another list of subprocessors that was found, and is not counted as a change yet.
type seen struct {
	List  []policy.Subprocessor `json:"list,omitempty"`
	Since time.Time             `json:"since"`
}

// settled is how long another list of subprocessors must have been found, and no other, before it counts as a change.
// During a rollout two releases run side by side, and each finds its own.
const settled = 15 * time.Minute

// mostChanges bounds what is kept and shown. The oldest go first.
const mostChanges = 100

var knowns = records.Declare(records.Spec[known]{
	Name: "published", In: model.PlatformScope, Quiet: true,
	About: model.About{
		Heading: model.OfService, Name: "What was published",
		Purpose: "Which versions of the agreement and which subprocessors this installation has shown, so that it " +
			"tells of changes. Nothing of yours.",
		Until: "For good. Of the changes, the latest are kept.",
	},
	Under: records.Under{
		records.Read:   {access.ChangeRead},
		records.Serve:  {access.ChangeKeep},
		records.Create: {access.ChangeKeep},
		records.Change: {access.ChangeKeep},
	},
})

// Kinds are all kinds of this package.
func Kinds() []records.Declared { return []records.Declared{knowns} }

// first is what is known at the first look: everything that there is, and no change.
func (s *Service) first(now time.Time) known {
	k := known{Began: now, Subprocessors: s.subprocessors}
	for _, v := range s.agreement.Versions {
		k.Agreements = append(k.Agreements, workspace.AgreementNotice(v.Day(), v.Sum))
	}
	return k
}

// look compares what is known with what there is now. It gives what is known afterwards, the changes to tell of, and
// whether anything has to be kept.
func (s *Service) look(k known, now time.Time) (known, []policy.Change, bool) {
	var changes []policy.Change
	for i := len(s.agreement.Versions) - 1; i >= 0; i-- { // the earliest first
		v := s.agreement.Versions[i]
		id := workspace.AgreementNotice(v.Day(), v.Sum)
		if slices.Contains(k.Agreements, id) {
			continue
		}
		k.Agreements = append(slices.Clip(k.Agreements), id)
		changes = append(changes, policy.Change{ID: id, What: policy.OfAgreement, Says: v.Changes, Found: now,
			Holds: v.From, Path: "/" + s.agreement.Key + "/" + v.Day() + "/differences"})
	}
	k, change, keep := s.lookAtList(k, now)
	if change != nil {
		changes = append(changes, *change)
	}
	for _, c := range changes {
		k.Changes = slices.Insert(slices.Clip(k.Changes), 0, c)
	}
	k.Changes = k.Changes[:min(len(k.Changes), mostChanges)]
	return k, changes, keep || len(changes) > 0
}

func (s *Service) lookAtList(k known, now time.Time) (known, *policy.Change, bool) {
	says, holds := policy.Difference(k.Subprocessors, s.subprocessors, now)
	switch {
	case says == "":
		had := k.Seen != nil
		k.Seen = nil
		return k, nil, had
	case k.Seen == nil || differ(k.Seen.List, s.subprocessors):
		k.Seen = &seen{s.subprocessors, now}
		return k, nil, true
	case now.Sub(k.Seen.Since) < settled:
		return k, nil, false
	}
	k.Subprocessors, k.Seen = s.subprocessors, nil
	return k, &policy.Change{ID: "subprocessors-" + now.UTC().Format("20060102-150405"), What: policy.OfSubprocessors,
		Says: says, Found: now, Holds: holds, Path: ListPath}, true
}

func differ(a, b []policy.Subprocessor) bool {
	says, _ := policy.Difference(a, b, time.Time{})
	return says != ""
}
