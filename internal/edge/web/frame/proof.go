package frame

import (
	"maps"
	"net/http"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	// ProofField is the password field that is added to a form when it is sent again from the page that asks for a
	// proof.
	ProofField = "proof"
	maxProof   = 1024 // characters of a password
)

var proofForm = FormSpec{
	{Name: ProofField, Kind: KindPassword, Label: "person.password", Max: maxProof,
		Autocomplete: "current-password"},
}

// secretFields are the names of all fields for passwords. Their values are never written into a page, not even into
// hidden fields. A form with such a field must set Route.Asks.
var secretFields = map[string]bool{ProofField: true, "password": true, "old": true, "new": true}

// prove requires, before a form is handled, that the sender proves to be the owner of the session. Without a proof the
// form is not handled; the answer is a page that asks for the password and carries the form in hidden fields, so that
// sending it completes the action.
func (s *Site) prove(q *Request) error {
	if err := q.Parse(); err != nil {
		return err
	}
	form, err := proofForm.Read(q, nil)
	if err != nil {
		return err
	}
	_, given := q.PostForm[ProofField]
	q.PostForm.Del(ProofField)
	q.Form.Del(ProofField)
	q.proof = form
	if !given {
		q.proof = proofForm.Blank(q, nil)
		return &model.Error{Kind: model.ErrUnproven}
	}
	if form.Failed() {
		return &model.Error{Kind: model.ErrUnproven}
	}
	who, err := s.opts.Identity.Prove(q.Context(), q.Who, form.Get(ProofField))
	switch {
	case form.Take(err):
		return &model.Error{Kind: model.ErrUnproven, Cause: err}
	case err != nil:
		return err
	}
	q.proof, q.Who = nil, who
	return nil
}

// proofPage asks for the password and carries the posted form in hidden fields.
func (s *Site) proofPage(q *Request) Answer {
	f := q.proof
	f.Fields = append(carried(q), f.Fields...)
	status := f.status
	if !f.Failed() {
		status = http.StatusForbidden // the password is asked for the first time
	}
	return ShowAs(status, &FormPage{
		Title: q.T("proof.title"), Lead: q.T("proof.lead", access.Says(q.route.Action)), Sheet: true, Form: f,
		Action: q.URL.RequestURI(), Submit: q.T("proof.submit"), Cancel: s.cameFrom(q),
	})
}

// carried returns the fields of the posted form, except passwords, as hidden fields.
func carried(q *Request) []*Field {
	var fields []*Field
	for _, name := range slices.Sorted(maps.Keys(q.PostForm)) {
		if secretFields[name] {
			continue
		}
		for _, value := range q.PostForm[name] {
			fields = append(fields, &Field{Name: name, Kind: KindHidden, Value: value})
		}
	}
	return fields
}
