// Package receipts is the page of an erasure, for everybody who has its link: how far it is, and in the end its signed
// receipt.
//
// It asks nobody who they are, and must never name a person or a company.
package receipts

import (
	"context"
	"io"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
)

// Erasures say how far an erasure is.
type Erasures interface {
	Progress(ctx context.Context, id string) (erasure.Progress, error)
}

type pages struct{ erasures Erasures }

// Subject is mounted by the site.
func Subject(erasures Erasures) frame.Subject {
	s := &pages{erasures}
	return frame.Subject{Name: "receipts", Routes: []frame.Route{
		{Name: "receipt.file", Method: "GET", Path: erasure.Path + "{receipt}.json", For: frame.Open, Handle: s.file},
		{Name: "receipt", Method: "GET", Path: erasure.Path + "{receipt}", For: frame.Public, Handle: s.show,
			Page: &Page{}},
	}}
}

// file is the signed receipt itself.
func (s *pages) file(q *frame.Request) (frame.Answer, error) {
	p, err := s.progress(q)
	if err == nil && p.Receipt == nil {
		err = &model.Error{Kind: model.ErrNotFound, Public: "There is no receipt yet: the erasure is not over."}
	}
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.File(fileName(p.ID), "application/json", func(_ context.Context, w io.Writer) error {
		_, err := w.Write(p.Receipt)
		return err
	}), nil
}

func fileName(id string) string { return "receipt-" + id + ".json" }

func (s *pages) progress(q *frame.Request) (erasure.Progress, error) {
	id := q.Var("receipt")
	if !model.ValidID(id) {
		return erasure.Progress{}, model.ErrNotFound
	}
	return s.erasures.Progress(q.Context(), id)
}
