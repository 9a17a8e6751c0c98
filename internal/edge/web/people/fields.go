// Package people is what pages of several subjects have in common where they ask for names, addresses and passwords, or
// are opened with a link that was mailed.
package people

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// Limits of what is typed; the use cases check again, and more.
const (
	MaxEmail    = 254
	MaxPassword = 1024
	maxName     = 100
)

// The fields for people.
var (
	FieldName = frame.FieldSpec{Name: "name", Kind: frame.KindText, Label: "person.name", Hint: "person.name-hint",
		Max: maxName, Autocomplete: "name"}
	FieldEmail = frame.FieldSpec{Name: "email", Kind: frame.KindEmail, Label: "person.email", Max: MaxEmail,
		Autocomplete: "email"}
	FieldPassword = frame.FieldSpec{Name: "password", Kind: frame.KindPassword, Label: "person.password",
		Max:          MaxPassword,
		Autocomplete: "current-password"}
	FieldNewPassword = frame.FieldSpec{Name: "password", Kind: frame.KindPassword, Label: "person.password",
		Hint: "person.password-hint", Max: MaxPassword, Autocomplete: "new-password"}
)
