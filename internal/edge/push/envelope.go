package push

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"

	"github.com/tinyoperahouse/toh/internal/model"
)

const maxBody = 64 << 10

// envelope is the JSON in which Pub/Sub delivers a message. All of it is untrusted. Only data, the ids, and the
// attributes that name a request are used.
type envelope struct {
	Message *struct {
		Data       string            `json:"data"`
		MessageID  string            `json:"messageId"`
		Attributes map[string]string `json:"attributes"`
	} `json:"message"`
	Subscription string `json:"subscription"`
}

// delivery is one pushed message.
type delivery struct {
	ID           string
	Subscription string
	Data         []byte
	Attributes   map[string]string
}

var (
	messageIDForm    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)
	subscriptionForm = regexp.MustCompile(`^projects/[A-Za-z0-9:._-]{1,128}/subscriptions/[A-Za-z0-9._~+%-]{1,255}$`)
)

// readDelivery reads the body of a push. Its errors are of kind ErrInvalid if delivering it again cannot help.
func readDelivery(r *http.Request) (delivery, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return delivery{}, bad("not JSON by its type")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return delivery{}, model.Unavailable(fmt.Errorf("push: read: %w", err))
	}
	if len(body) > maxBody {
		return delivery{}, bad("too large")
	}
	return parseDelivery(body)
}

func parseDelivery(body []byte) (delivery, error) {
	var e envelope
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&e); err != nil {
		return delivery{}, bad("not an envelope")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return delivery{}, bad("something after the envelope")
	}
	if e.Message == nil || !messageIDForm.MatchString(e.Message.MessageID) ||
		!subscriptionForm.MatchString(e.Subscription) {
		return delivery{}, bad("no message or no ids")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(e.Message.Data)
	if err != nil {
		return delivery{}, bad("data is not base64")
	}
	return delivery{e.Message.MessageID, e.Subscription, data, e.Message.Attributes}, nil
}

func bad(what string) error {
	return &model.Error{Kind: model.ErrInvalid, Cause: errors.New("push: " + what)}
}
