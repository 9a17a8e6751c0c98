package frame

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const (
	// ProofField is the password field that is added to a form when it is sent again from the page that asks for a
	// proof.
	ProofField = "proof"
	maxProof   = 1024 // characters of a password

	// The other fields of that page: the code of an account with a second factor, or what a passkey answered to which
	// step; and the mark of a page that is shown only after a proof.
	codeField    = "code"
	passkeyField = "passkey"
	stepField    = "step"
	firstField   = "proof-first"
	proofPrefix  = "proof-"
	maxCode      = 64
	maxAnswer    = 16 << 10
)

// PasskeyToProve is where the script of the page asks for a challenge.
const PasskeyToProve = "/account/proof/passkey"

var (
	proofPassword = FieldSpec{Name: ProofField, Kind: KindPassword, Label: "person.password", Max: maxProof,
		Autocomplete: "current-password"}
	proofCode = FieldSpec{Name: proofPrefix + codeField, Kind: KindText, Label: "proof.code", Hint: "proof.code-hint",
		Max: maxCode, Autocomplete: "one-time-code", Plain: true, Width: "medium"}
	proofPasskey = FieldSpec{Name: proofPrefix + passkeyField, Kind: KindHidden, Max: maxAnswer, Optional: true}
	proofStep    = FieldSpec{Name: proofPrefix + stepField, Kind: KindHidden, Max: maxCode, Optional: true}

	// proofFields are what belongs to the page that asks, and not to the form that it carries.
	proofFields = []string{ProofField, proofCode.Name, proofPasskey.Name, proofStep.Name}
)

// proofForm is what the account of the request is asked for: nothing weaker than what it has.
func (q *Request) proofForm() FormSpec {
	have := q.Who.Factors()
	if !have.On {
		return FormSpec{proofPassword}
	}
	form := FormSpec{proofPassword, proofCode}
	if have.Passkeys {
		form = append(form, proofPasskey, proofStep)
	}
	return form
}

// secretFields are the names of all fields for passwords and codes. Their values are never written into a page, not
// even into hidden fields. A form with such a field must set Route.Asks.
var secretFields = map[string]bool{ProofField: true, "password": true, "old": true, "new": true,
	proofCode.Name: true, proofPasskey.Name: true, proofStep.Name: true}

// errProved leads back to a page that was to be shown after a proof.
var errProved = errors.New("proved")

// prove requires, before a form is handled, that the sender proves to be the owner of the session. Without a proof the
// form is not handled; the answer is a page that asks for it and carries the form in hidden fields, so that sending it
// completes the action.
func (s *Site) prove(q *Request) error {
	if err := q.Parse(); err != nil {
		return err
	}
	_, given := q.PostForm[ProofField]
	claim, err := q.claim()
	for _, name := range proofFields {
		q.PostForm.Del(name)
		q.Form.Del(name)
	}
	switch {
	case err != nil:
		return err
	case !given:
		q.proof = q.proofForm().Blank(q, nil)
		return &model.Error{Kind: model.ErrUnproven}
	case q.proof.Failed():
		return &model.Error{Kind: model.ErrUnproven}
	}
	who, err := s.opts.Identity.Prove(q.Context(), q.Who, claim)
	switch {
	case q.proof.TakeAs(err, func(field string) string {
		if field == ProofField {
			return field
		}
		return proofPrefix + field
	}):
		q.proof.spill()
		return &model.Error{Kind: model.ErrUnproven, Cause: err}
	case err != nil:
		return err
	}
	q.proof, q.Who = nil, who
	if q.PostForm.Get(firstField) != "" {
		return errProved
	}
	return nil
}

// claim reads what the page that asks was sent back with. With the answer of a passkey, nothing else is needed.
func (q *Request) claim() (account.Claim, error) {
	form, err := q.proofForm().Read(q, nil)
	if err != nil {
		return account.Claim{}, err
	}
	if form.Get(proofPasskey.Name) != "" {
		form.Forgive()
	}
	q.proof = form
	claim := account.Claim{Password: form.Get(ProofField), Code: form.Get(proofCode.Name),
		Passkey: form.Get(proofPasskey.Name), Step: form.Get(proofStep.Name)}
	form.Set(proofPasskey.Name, "")
	form.Set(proofStep.Name, "")
	form.Set(proofCode.Name, "")
	return claim, nil
}

// ProveFirst answers with a page that asks for a proof, if the account has a second factor and did not prove itself. It
// is for pages with a form that asks for the password itself, and whose passwords could not be carried through a proof.
func (q *Request) ProveFirst() (Answer, bool) {
	if !q.Who.Factors().On || q.Caller().Proven {
		return Answer{}, false
	}
	q.proof = q.proofForm().Blank(q, nil)
	q.proof.Fields = append(q.proof.Fields, &Field{Name: firstField, Kind: KindHidden, Value: "yes"})
	return q.site.proofPage(q), true
}

// proofPage asks for a proof and carries the posted form in hidden fields.
func (s *Site) proofPage(q *Request) Answer {
	f := q.proof
	f.Fields = append(carried(q), f.Fields...)
	status := f.status
	if !f.Failed() {
		status = http.StatusForbidden // the proof is asked for the first time
	}
	page := &FormPage{
		Title: q.T("proof.title"), Lead: q.T("proof.lead", access.Says(q.route.Action)), Sheet: true, Form: f,
		Action: q.URL.RequestURI(), Submit: q.T("proof.submit"), Cancel: s.cameFrom(q),
	}
	if have := q.Who.Factors(); have.On {
		page.Lead = q.T("proof.lead-both", access.Says(q.route.Action))
		if have.Passkeys {
			page.Passkey = &Passkey{Path: PasskeyToProve, Text: q.T("proof.passkey"), Field: proofPasskey.Name,
				Step: proofStep.Name}
		}
	}
	return ShowAs(status, page)
}

// carried returns the fields of the posted form, except secrets, as hidden fields.
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
