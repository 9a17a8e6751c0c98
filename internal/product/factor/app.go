package factor

import (
	"crypto/rand"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	period     = 30 // seconds of a step
	appDigits  = 6
	appSecret  = 20 // bytes: the length of a SHA-1 hash, as RFC 4226 recommends
	appIssuer  = "Tiny Opera House"
	stepsApart = 1 // codes of the steps before and after are taken too, because clocks differ
)

var base32Secret = base32.StdEncoding.WithPadding(base32.NoPadding)

// offer gives the secret of the app that is being set up: the same one while the offer holds, so that a typing mistake
// does not change the picture.
func (s *Set) offer(now time.Time) Offer {
	if s.Offer == nil || !now.Before(s.Offer.Ends) {
		raw := make([]byte, appSecret)
		_, _ = rand.Read(raw) // never fails
		s.Offer = &Offer{Secret: base32Secret.EncodeToString(raw), Ends: now.Add(OfferLife)}
	}
	return *s.Offer
}

var errNoOffer = model.Conflict("The picture is more than an hour old. Start again with a new one.")

// accept makes the offered app the account's, if the code is one of it. The app that there was works until then.
func (s *Set) accept(code string, now time.Time) error {
	if s.Offer == nil || !now.Before(s.Offer.Ends) {
		return errNoOffer
	}
	app := App{Secret: s.Offer.Secret, Added: now, Used: now}
	if !app.take(plainCode(code), now) {
		return model.InvalidFields(map[string]string{"code": "This is not the code that the app shows now. Check " +
			"that the time of your phone is right."})
	}
	s.App, s.Offer = &app, nil
	return nil
}

// take accepts a code once: none of the step of an accepted code, or of an earlier one, is accepted again.
func (a *App) take(code string, now time.Time) bool {
	if len(code) != appDigits {
		return false
	}
	at := now.Unix() / period
	for step := at - stepsApart; step <= at+stepsApart; step++ {
		if step > a.Step && step >= 0 && showsCode(a.Secret, step, code) {
			a.Step, a.Used = step, now
			return true
		}
	}
	return false
}

func showsCode(secret string, step int64, code string) bool {
	ok, err := hotp.ValidateCustom(code, uint64(step), secret, // #nosec G115 -- a step is not negative
		hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	return ok && err == nil
}

// CodeAt is what an app with a secret shows at a time, for controls.
func CodeAt(secret string, at time.Time) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(at.Unix()/period), // #nosec G115 -- no time before 1970
		hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// plainCode removes what people put between the characters of a code.
func plainCode(text string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text))
}

// Enrolling is what a person needs to set an app up.
type Enrolling struct {
	Secret  string // in groups, to be typed
	Address string // otpauth://…, for apps on the same device
	Picture Picture
}

// Picture is a QR code: Side modules a side, Path the dark ones, as the path of an SVG.
type Picture struct {
	Side int
	Path string
}

// enrolling describes an offer for a person.
func enrolling(o Offer, email string) (Enrolling, error) {
	values := url.Values{"secret": {o.Secret}, "issuer": {appIssuer}}
	address := "otpauth://totp/" + url.PathEscape(appIssuer) + ":" + url.PathEscape(email) + "?" +
		strings.ReplaceAll(values.Encode(), "+", "%20")
	picture, err := draw(address)
	return Enrolling{Secret: grouped(strings.ToLower(o.Secret), 4, " "), Address: address, Picture: picture}, err
}

// quiet is how many light modules must be around a QR code.
const quiet = 4

func draw(text string) (Picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return Picture{}, err
	}
	side := code.Bounds().Dx()
	var path strings.Builder
	for y := range side {
		for x := range side {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				path.WriteString("M" + itoa(x+quiet) + " " + itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return Picture{Side: side + 2*quiet, Path: path.String()}, nil
}

func grouped(text string, size int, between string) string {
	var parts []string
	for len(text) > size {
		parts, text = append(parts, text[:size]), text[size:]
	}
	return strings.Join(append(parts, text), between)
}
