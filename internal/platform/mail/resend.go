package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"regexp"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	resendURL     = "https://api.resend.com/emails"
	vendorTimeout = 10 * time.Second
	maxAnswer     = 64 << 10
)

// ResendOptions are what a Resend needs.
type ResendOptions struct {
	From      string // "Name <address>" or an address
	Keys      Keys
	Transport http.RoundTripper // nil means http.DefaultTransport
	URL       string            // of the API; "" means the vendor's
}

// Resend sends through the API of resend.com.
type Resend struct {
	from, url string
	keys      Keys
	client    *http.Client
}

// NewResend makes a Resend.
func NewResend(o ResendOptions) (*Resend, error) {
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("mail: sender: %w", err)
	}
	if o.URL == "" {
		o.URL = resendURL
	}
	return &Resend{from: from.String(), url: o.URL, keys: o.Keys, client: &http.Client{
		Transport: o.Transport,
		Timeout:   vendorTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // send the key to no other address
		},
	}}, nil
}

type resendMail struct {
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Tags    []resendTag       `json:"tags,omitempty"`
}

type resendTag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type resendAnswer struct {
	ID   string `json:"id"`
	Name string `json:"name"` // of an error
}

// Send passes the mail to the vendor. Within 24 hours a mail with the same key is sent once, even if answers are lost.
func (r *Resend) Send(ctx context.Context, m Message) (string, error) {
	if err := m.Check(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	tags := []resendTag{{"kind", string(m.Kind)}}
	if m.About != "" {
		tags = append(tags, resendTag{aboutTag, m.About})
	}
	payload, err := json.Marshal(resendMail{
		From: r.from, To: []string{m.recipient()}, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Entity-Ref-ID": m.Key},
		Tags:    tags,
	})
	if err != nil {
		return "", fmt.Errorf("mail: %w", err)
	}
	return r.keys.withKey(ctx, func(key string) (string, error) { return r.post(ctx, key, m.Key, payload) })
}

func (r *Resend) post(ctx context.Context, key, idempotency string, payload []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(payload))
	if err != nil {
		return "", fmt.Errorf("resend: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", idempotency)
	req.Header.Set("User-Agent", "tiny-opera-house")
	resp, err := r.client.Do(req)
	if err != nil {
		return "", model.Unavailable(fmt.Errorf("resend: %w", err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", model.Unavailable(fmt.Errorf("resend: read answer: %w", err))
	}
	return answer(resp.StatusCode, body)
}

var (
	errorName = regexp.MustCompile(`^[A-Za-z_]{1,60}$`)
	vendorID  = regexp.MustCompile(`^[A-Za-z0-9._@<>-]{1,200}$`)
)

// answer reads the vendor's answer. Its message may quote the address, so only its code and name are kept.
func answer(code int, body []byte) (string, error) {
	var a resendAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		a = resendAnswer{}
	}
	if code == http.StatusOK || code == http.StatusCreated {
		if !vendorID.MatchString(a.ID) {
			return "", model.Unavailable(errors.New("resend: an answer without an id"))
		}
		return a.ID, nil
	}
	if !errorName.MatchString(a.Name) {
		a.Name = "no name"
	}
	err := fmt.Errorf("resend: %d %s", code, a.Name)
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return "", fmt.Errorf("%w: %w", errKey, err)
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity,
		code == http.StatusRequestEntityTooLarge,
		code == http.StatusConflict && a.Name == "invalid_idempotent_request":
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return "", model.Unavailable(err)
}
