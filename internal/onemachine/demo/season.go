package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const (
	played  = 30 // performances with a report
	planned = 4  // future performances, including tonight's
)

// season makes the production, its run, and a report about every past performance.
func (c crew) season(ctx context.Context, co company) error {
	production, err := c.app.Stage.CreateProduction(ctx, c.callers[access.Organizer], shows.ProductionInput{
		ID: c.plan.id(co.slug, "production"), Title: &co.production, Company: &co.name, VenueName: &co.venue,
		City: &co.city, Zone: &co.zone,
	})
	if err != nil {
		return fmt.Errorf("production: %w", err)
	}
	zone, err := time.LoadLocation(co.zone)
	if err != nil {
		return err
	}
	today := c.plan.Begun.In(zone)
	for n := range played + planned {
		day := today.AddDate(0, 0, n-played)
		performance, err := c.schedule(ctx, production.ID, n, day)
		if err != nil {
			return fmt.Errorf("performance %d: %w", n+1, err)
		}
		if n < played {
			if err := c.report(ctx, co.nights[n%len(co.nights)], production.ID, performance.ID, n,
				begins(day)); err != nil {
				return fmt.Errorf("report %d: %w", n+1, err)
			}
		}
	}
	return nil
}

// begins is when a performance on that day begins, in minutes after midnight: on Sundays there are matinees.
func begins(day time.Time) int {
	if day.Weekday() == time.Sunday {
		return 15 * 60
	}
	return 19*60 + 30
}

func (c crew) schedule(ctx context.Context, production string, n int, day time.Time) (records.Record[shows.Performance],
	error) {
	start := begins(day)
	kind, date := "evening", day.Format(time.DateOnly)
	at, open, end := clock(start), clock(start-30), clock(start+160)
	switch {
	case n == 0:
		kind = "opening"
	case day.Weekday() == time.Sunday:
		kind = "matinee"
	}
	return c.app.Stage.CreatePerformance(ctx, c.callers[access.Organizer], production, shows.PerformanceInput{
		ID: c.plan.id(production, n), Type: &kind, Day: &date, Start: &at, HouseOpen: &open, End: &end,
	})
}

// report files one night's report as its reporter, and has some accepted, queried or amended.
func (c crew) report(ctx context.Context, night night, production, performance string, n, start int) error {
	reporter, organizer := c.callers[access.Reporter], c.callers[access.Organizer]
	kind := "show"
	id := c.plan.id(performance, "report")
	r, err := c.app.Stage.CreateReport(ctx, reporter, shows.ReportInput{
		ID: id, Type: &kind, Production: &production, Performance: &performance, Title: &night.title, Text: &night.text,
		Times: night.times(start, n), Sections: c.sections(night, n),
	})
	if errors.Is(err, model.ErrConflict) { // an earlier attempt began it
		r, err = c.app.Stage.Report(ctx, reporter, id)
	}
	if err == nil && r.Body.State == shows.Draft {
		r, err = c.app.Stage.FileReport(ctx, reporter, id, r.Version)
	}
	if err != nil {
		return err
	}
	switch waits := r.Body.State == shows.Filed; {
	case n == played-3 && waits:
		_, err = c.app.Stage.QueryReport(ctx, organizer, id, r.Version, "Which of the two doors was it?")
	case n == played-5 && !r.Body.Amended():
		text := night.text + " The house manager confirmed the time."
		_, err = c.app.Stage.AmendReport(ctx, reporter, id, r.Version, "The time was confirmed the next morning.",
			shows.ReportInput{Text: &text})
	case n < played-4 && n != played-5 && waits:
		_, err = c.app.Stage.AcceptReport(ctx, organizer, id, r.Version)
	}
	return err
}

// sections are the night's notes. Every fifth night has something for the management only, every seventh something for
// two people alone.
func (c crew) sections(night night, n int) []shows.SectionInput {
	list := []shows.SectionInput{}
	for _, note := range night.notes {
		list = append(list, shows.SectionInput{
			Department: note.department, Text: note.text, Severity: note.severity,
			Audience: access.Audience{Level: access.Everyone},
		})
	}
	if n%5 == 2 {
		list = append(list, shows.SectionInput{
			Department: "stage management", Topic: "injury", Text: "A member of the chorus turned an ankle on the " +
				"second step. First aid given, ice, no hospital. They walked home with a friend.",
			Severity: shows.Attention, Audience: access.Audience{Level: access.Managers},
		})
	}
	if n%7 == 3 {
		list = append(list, shows.SectionInput{
			Department: "company management", Topic: "lateness", Text: "The flute arrived ten minutes after the " +
				"half. We have spoken; nothing further is needed.",
			Severity: shows.Note, Audience: access.Only(c.callers[access.Organizer].Account,
				c.callers[access.Reporter].Account),
		})
	}
	return list
}
