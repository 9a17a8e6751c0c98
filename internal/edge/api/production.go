package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Production is a show that the company puts on.
type Production struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Company     string    `json:"company"`
	Venue       string    `json:"venue"`
	City        string    `json:"city"`
	Zone        string    `json:"zone" doc:"The venue's time zone, as in Europe/Berlin."`
	FirstDay    string    `json:"first_day" doc:"First date of the run, or empty."`
	LastDay     string    `json:"last_day" doc:"Last date of the run, or empty."`
	Departments []string  `json:"departments"`
	Version     int64     `json:"version"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func productionOf(r records.Record[shows.Production]) Production {
	p := &r.Body
	return Production{
		ID: r.ID, Title: p.Title, Company: p.Company, Venue: p.Venue.Name, City: p.Venue.City, Zone: p.Venue.Zone,
		FirstDay: p.FirstDay, LastDay: p.LastDay, Departments: p.Departments,
		Version: r.Version, CreatedAt: r.Created, UpdatedAt: r.Updated,
	}
}

// NewProduction is the input of a new production.
type NewProduction struct {
	Title       string   `json:"title" doc:"Required."`
	Company     string   `json:"company,omitempty"`
	Venue       string   `json:"venue,omitempty"`
	City        string   `json:"city,omitempty"`
	Zone        string   `json:"zone" doc:"The venue's time zone, as in Europe/Berlin. Required."`
	FirstDay    string   `json:"first_day,omitempty" doc:"As in 2026-03-14."`
	LastDay     string   `json:"last_day,omitempty"`
	Departments []string `json:"departments,omitempty" doc:"Departments that write notes in reports. Defaults to the usual ones."`
}

func (n *NewProduction) input() shows.ProductionInput {
	return shows.ProductionInput{
		Title: &n.Title, Company: &n.Company, VenueName: &n.Venue, City: &n.City, Zone: &n.Zone,
		FirstDay: &n.FirstDay, LastDay: &n.LastDay, Departments: n.Departments,
	}
}

func (a *API) listProductions(ctx context.Context, v *visit, in *Paging) (*listOut[Production], error) {
	page, err := a.o.Stage.Productions(ctx, v.whole(), shows.ListInput{Limit: in.Limit,
		Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return listed(v, page.Records, page.Next, productionOf), nil
}

type newProductionIn struct {
	Body NewProduction
}

func (a *API) createProduction(ctx context.Context, v *visit, in *newProductionIn) (*madeOut[Production], error) {
	r, replayed, err := once(ctx, a, v, "productions", a.o.Stage.ProductionStat, &in.Body,
		func(c caller) (records.Record[shows.Production], error) {
			return a.o.Stage.CreateProduction(ctx, c, in.Body.input())
		},
		func(id string) (records.Record[shows.Production], error) {
			return a.o.Stage.Production(ctx, v.caller(), id)
		})
	if err != nil {
		return nil, err
	}
	return made(v, r, replayed, productionOf), nil
}
