package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// tolerance is how far the time of a message may be from ours. An older message could be a replay.
const tolerance = 5 * time.Minute

// Standard verifies messages according to Standard Webhooks (standardwebhooks.com), which Svix and therefore Resend
// use. The reference library is not used, because it reads the machine's clock and knows only one secret.
type Standard struct {
	Prefix string // of the headers: "webhook-", or "svix-"
	// Secrets gives the secrets that are valid, newest first: "whsec_" and base64.
	Secrets func(ctx context.Context) ([]string, error)
	Clock   model.Clock
}

var messageID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

// Prove reads the three headers of a message and checks its signature.
func (s Standard) Prove(ctx context.Context, h http.Header, body []byte) (Message, error) {
	id, at, signatures := h.Values(s.Prefix+"id"), h.Values(s.Prefix+"timestamp"), h.Values(s.Prefix+"signature")
	if len(id) != 1 || len(at) != 1 || len(signatures) != 1 || !messageID.MatchString(id[0]) {
		return Message{}, fmt.Errorf("headers: %w", ErrUnproved)
	}
	seconds, err := strconv.ParseInt(at[0], 10, 64)
	sent := time.Unix(seconds, 0)
	if off := s.Clock.Now().Sub(sent); err != nil || off > tolerance || off < -tolerance {
		return Message{}, fmt.Errorf("time: %w", ErrUnproved)
	}
	secrets, err := s.Secrets(ctx)
	if err != nil {
		return Message{}, err
	}
	for _, secret := range secrets {
		if signed(secret, id[0]+"."+at[0]+".", body, signatures[0]) {
			return Message{ID: id[0], Sent: sent, Body: body}, nil
		}
	}
	return Message{}, fmt.Errorf("signature: %w", ErrUnproved)
}

// signed reports whether one of the signatures, such as "v1,base64 v1,base64", was made with the secret.
func signed(secret, head string, body []byte, signatures string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(secret), "whsec_"))
	if err != nil || len(key) < 16 {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(head))
	mac.Write(body)
	want, holds := mac.Sum(nil), false
	for text := range strings.FieldsSeq(signatures) {
		version, value, _ := strings.Cut(text, ",")
		got, err := base64.StdEncoding.DecodeString(value)
		holds = holds || err == nil && version == "v1" && hmac.Equal(got, want)
	}
	return holds
}
