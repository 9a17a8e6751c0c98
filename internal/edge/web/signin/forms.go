package signin

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
)

var (
	fieldUser = frame.FieldSpec{Name: "email", Kind: frame.KindEmail, Label: "person.email", Max: people.MaxEmail,
		Autocomplete: "username"}
	fieldNext  = frame.FieldSpec{Name: "next", Kind: frame.KindHidden, Optional: true, Max: 2048}
	fieldWords = frame.FieldSpec{Name: frame.KeptField, Kind: frame.KindHidden, Max: frame.MaxKept, Optional: true}
	// what a passkey answered, and the step that it belongs to
	fieldAnswer = frame.FieldSpec{Name: "passkey", Kind: frame.KindHidden, Max: 16 << 10, Optional: true}
	fieldStep   = frame.FieldSpec{Name: "step", Kind: frame.KindHidden, Optional: true, Max: 64}
	fieldCode   = frame.FieldSpec{Name: "code", Kind: frame.KindText, Label: "second.code", Hint: "second.code-hint",
		Max: 64, Autocomplete: "one-time-code", Plain: true, Width: "medium"}
	fieldKnown = frame.FieldSpec{Name: "known", Kind: frame.KindCheck, Label: "second.known", Optional: true}

	signUpForm  = frame.FormSpec{people.FieldName, people.FieldEmail, people.FieldNewPassword}
	confirmForm = frame.FormSpec{people.FieldPassword}
	signInForm  = frame.FormSpec{fieldUser, people.FieldPassword, fieldNext, fieldAnswer, fieldStep}
	wordsForm   = frame.FormSpec{fieldUser, people.FieldPassword, fieldWords, fieldAnswer, fieldStep}
	secondForm  = frame.FormSpec{fieldCode, fieldKnown, fieldNext, fieldWords, fieldAnswer, fieldStep}
	forgotForm  = frame.FormSpec{fieldUser}
	resetForm   = frame.FormSpec{people.FieldNewPassword}
)
