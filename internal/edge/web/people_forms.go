package web

// Limits of what is typed; the use cases check again, and more.
const (
	maxEmail    = 254
	maxPassword = 1024
	maxName     = 100
)

var (
	fieldName = FieldSpec{Name: "name", Kind: kindText, Label: "person.name", Hint: "person.name-hint",
		Max: maxName, Autocomplete: "name"}
	fieldEmail = FieldSpec{Name: "email", Kind: kindEmail, Label: "person.email", Max: maxEmail,
		Autocomplete: "email"}
	fieldUser = FieldSpec{Name: "email", Kind: kindEmail, Label: "person.email", Max: maxEmail,
		Autocomplete: "username"}
	fieldPassword = FieldSpec{Name: "password", Kind: kindPassword, Label: "person.password", Max: maxPassword,
		Autocomplete: "current-password"}
	fieldNewPassword = FieldSpec{Name: "password", Kind: kindPassword, Label: "person.password",
		Hint: "person.password-hint", Max: maxPassword, Autocomplete: "new-password"}
	fieldTokens = FieldSpec{Name: "tokens", Kind: kindCheck, Label: "sessions.tokens", Optional: true}
	fieldNext   = FieldSpec{Name: "next", Kind: kindHidden, Optional: true, Max: 2048}
)

// The forms about people.
var (
	signUpForm        = FormSpec{fieldName, fieldEmail, fieldNewPassword}
	confirmForm       = FormSpec{fieldPassword}
	signInForm        = FormSpec{fieldUser, fieldPassword, fieldNext}
	forgotForm        = FormSpec{fieldUser}
	resetForm         = FormSpec{fieldNewPassword}
	changeAddressForm = FormSpec{}
	profileForm       = FormSpec{fieldName}
	emailForm         = FormSpec{
		{Name: "email", Kind: kindEmail, Label: "email.new", Max: maxEmail, Autocomplete: "email"},
		{Name: "password", Kind: kindPassword, Label: "person.present-password", Max: maxPassword,
			Autocomplete: "current-password"},
	}
	passwordForm = FormSpec{
		{Name: "old", Kind: kindPassword, Label: "person.present-password", Max: maxPassword,
			Autocomplete: "current-password"},
		{Name: "new", Kind: kindPassword, Label: "person.new-password", Hint: "person.password-hint", Max: maxPassword,
			Autocomplete: "new-password"},
		fieldTokens,
	}
	endForm = FormSpec{fieldTokens}
)
