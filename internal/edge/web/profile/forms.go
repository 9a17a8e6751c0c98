package profile

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
)

var (
	fieldTokens       = frame.FieldSpec{Name: "tokens", Kind: frame.KindCheck, Label: "sessions.tokens", Optional: true}
	changeAddressForm = frame.FormSpec{}
	profileForm       = frame.FormSpec{people.FieldName}
	emailForm         = frame.FormSpec{
		{Name: "email", Kind: frame.KindEmail, Label: "email.new", Max: people.MaxEmail, Autocomplete: "email"},
		{Name: "password", Kind: frame.KindPassword, Label: "person.present-password", Max: people.MaxPassword,
			Autocomplete: "current-password"},
	}
	passwordForm = frame.FormSpec{
		{Name: "old", Kind: frame.KindPassword, Label: "person.present-password", Max: people.MaxPassword,
			Autocomplete: "current-password"},
		{Name: "new", Kind: frame.KindPassword, Label: "person.new-password", Hint: "person.password-hint",
			Max:          people.MaxPassword,
			Autocomplete: "new-password"},
		fieldTokens,
	}
	endForm = frame.FormSpec{fieldTokens}
	appForm = frame.FormSpec{{Name: "code", Kind: frame.KindText, Label: "factors.app-code",
		Hint: "factors.app-code-hint", Max: 12, Autocomplete: "one-time-code", InputMode: "numeric", Plain: true,
		Width: "short"}}
	passkeyForm = frame.FormSpec{
		{Name: "name", Kind: frame.KindText, Label: "factors.passkey-name", Hint: "factors.passkey-name-hint", Max: 60},
		{Name: "passkey", Kind: frame.KindHidden, Max: 16 << 10, Optional: true},
		{Name: "step", Kind: frame.KindHidden, Max: 64, Optional: true},
	}
)
