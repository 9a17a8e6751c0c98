package shows

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Conditions on what is done to a document, beyond what the matrix says about roles. They are decided nowhere else.

// reportConditions are those of reports.
var reportConditions = records.Only[Report]{
	access.ReportRead: untrashedReport,
	access.ReportSeen: untrashedReport,
	access.ReportUpdate: ownDraft("This report has been filed, and what is filed is fixed. Amend it, with a reason.",
		"Only its author can change a draft."),
	access.ReportFile:    ownDraft("This report has been filed already.", "Only its author can file a draft."),
	access.ReportAccept:  waiting,
	access.ReportQuery:   waiting,
	access.ReportAmend:   amendable,
	access.ReportTrash:   disposable,
	access.ReportRestore: withinReach,
	access.FileRead:      untrashedReport,
	access.FileList:      untrashedReport,
	access.FileAdd:       changeable,
	access.FileRemove:    changeable,
}

var productionConditions = records.Only[Production]{
	access.ProductionRead:   func(_ access.Caller, p *Production) error { return untrashed(p.Trashed) },
	access.ProductionUpdate: func(_ access.Caller, p *Production) error { return untrashed(p.Trashed) },
	access.FileRead:         func(_ access.Caller, p *Production) error { return untrashed(p.Trashed) },
	access.FileList:         func(_ access.Caller, p *Production) error { return untrashed(p.Trashed) },
	access.FileAdd:          plannable,
	access.FileRemove:       plannable,
}

var performanceConditions = records.Only[Performance]{
	access.PerformanceRead:   func(_ access.Caller, p *Performance) error { return untrashed(p.Trashed) },
	access.PerformanceUpdate: func(_ access.Caller, p *Performance) error { return untrashed(p.Trashed) },
}

// untrashed refuses a document in the trash.
func untrashed(t *Done) error {
	if t != nil {
		return inTrash()
	}
	return nil
}

func untrashedReport(_ access.Caller, r *Report) error { return untrashed(r.Trashed) }

// ownDraft admits only a draft's author.
func ownDraft(filed, foreign string) func(access.Caller, *Report) error {
	return func(c access.Caller, r *Report) error {
		switch {
		case r.Trashed != nil:
			return inTrash()
		case r.State != Draft:
			return model.Conflict("%s", filed)
		case r.Author.ID != c.Account:
			return model.Denied("%s", foreign)
		}
		return nil
	}
}

// waiting admits a report that waits for review.
func waiting(_ access.Caller, r *Report) error {
	switch {
	case r.Trashed != nil:
		return inTrash()
	case r.State == Filed:
		return nil
	}
	return model.Conflict("Only a report that waits for review can be reviewed. This one is %s.", r.State)
}

// amendable admits for filed reports the author, organizers and management.
func amendable(c access.Caller, r *Report) error {
	switch {
	case r.Trashed != nil:
		return inTrash()
	case r.State == Draft:
		return model.Conflict("This is a draft. Change it, then file it.")
	case r.Author.ID != c.Account && !c.Role.AtLeast(access.Organizer):
		return model.Denied("Only its author, organizers and management can amend a report.")
	}
	return nil
}

// changeable admits those who may change what is in a report: as a draft, or by amending it.
func changeable(c access.Caller, r *Report) error {
	switch {
	case r.Trashed != nil:
		return inTrash()
	case r.Author.ID == c.Account || r.State != Draft && c.Role.AtLeast(access.Organizer):
		return nil
	}
	return model.Denied("Only its author, organizers and management can change the files of a report.")
}

// plannable admits those who may change a production.
func plannable(c access.Caller, p *Production) error {
	if p.Trashed == nil && !c.Role.AtLeast(access.Organizer) {
		return model.Denied("Only organizers and management can change the files of a production.")
	}
	return untrashed(p.Trashed)
}

// disposable admits what can be put in the trash.
func disposable(c access.Caller, r *Report) error {
	if r.Trashed != nil {
		return inTrash()
	}
	return withinReach(c, r)
}

// withinReach admits those who may put a report in the trash and take it out: nobody throws away what they may not
// read.
func withinReach(c access.Caller, r *Report) error {
	if err := reaches(c, r); err != nil {
		return err
	}
	if !r.heldBy(c) {
		return errWithheld
	}
	return nil
}

var errWithheld = model.Denied("Something in this report is withheld from you, so you can neither put it in the " +
	"trash nor take it out. Ask an organizer or manager who may read all of it.")

// reaches refuses a caller who must not throw the report away, whatever is in it.
func reaches(c access.Caller, r *Report) error {
	switch {
	case r.State == Draft && r.Author.ID != c.Account:
		return model.Denied("Only its author can discard a draft.")
	case r.State != Draft && !c.Role.AtLeast(access.Organizer):
		return model.Denied("Only organizers and management can put a filed report in the trash or take it out.")
	}
	return nil
}
