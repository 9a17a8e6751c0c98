package web

import (
	"errors"

	"github.com/tinyoperahouse/toh/internal/model"
)

func isConflict(err error) bool { return errors.Is(err, model.ErrConflict) }

// isStale reports whether somebody changed the thing in between.
func isStale(err error) bool { return errors.Is(err, model.ErrStale) }

func publicText(err error) string { return model.PublicText(err) }

func newRecordID() string { return model.NewID() }

// renamed is a refusal whose fields are called as the form calls them.
func renamed(err error, name func(string) string) error {
	var e *model.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	fields := make(map[string]string, len(e.Fields))
	for field, text := range e.Fields {
		fields[name(field)] = text
	}
	return &model.Error{Kind: e.Kind, Public: e.Public, Fields: fields, Confirm: e.Confirm, Cause: err}
}

// chosenID is the id that the form was made with, so that a form sent twice makes one document.
func chosenID(f *Form) string {
	if id := f.Get("id"); model.ValidID(id) {
		return id
	}
	return newRecordID()
}
