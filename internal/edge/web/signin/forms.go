package signin

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
)

var (
	fieldUser = frame.FieldSpec{Name: "email", Kind: frame.KindEmail, Label: "person.email", Max: people.MaxEmail,
		Autocomplete: "username"}
	fieldNext   = frame.FieldSpec{Name: "next", Kind: frame.KindHidden, Optional: true, Max: 2048}
	signUpForm  = frame.FormSpec{people.FieldName, people.FieldEmail, people.FieldNewPassword}
	confirmForm = frame.FormSpec{people.FieldPassword}
	signInForm  = frame.FormSpec{fieldUser, people.FieldPassword, fieldNext}
	forgotForm  = frame.FormSpec{fieldUser}
	resetForm   = frame.FormSpec{people.FieldNewPassword}
)
