package mail

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// smtpHost resolves to loopback everywhere, and is the name on the certificate.
const smtpHost = "localhost"

func (s *smtpServer) sender(t *testing.T, passwords ...string) *SMTP {
	t.Helper()
	s.started.Do(func() { s.start(t) })
	if len(passwords) == 0 {
		passwords = []string{s.password}
	}
	sender, err := NewSMTP(SMTPOptions{From: "Tiny Opera House <house@teatro.org>", Host: smtpHost, Port: s.addr.Port,
		User: "house",
		Keys: keys(passwords...), Roots: s.roots, Clock: modeltest.NewClock(time.Time{})})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	s := newSMTPServer(t, smtpHost)
	m := sample(t)
	id, err := s.sender(t).Send(t.Context(), m)
	if err != nil || id != m.Key+"@teatro.org" {
		t.Fatal(id, err)
	}
	lines, open, mails := s.seen()
	for i, line := range lines {
		if open[i] && !strings.HasPrefix(line, "EHLO") && line != "STARTTLS" {
			t.Errorf("%q went without TLS", line)
		}
	}
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	got, err := mail.ReadMessage(strings.NewReader(mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	decoder := new(mime.WordDecoder)
	subject, _ := decoder.DecodeHeader(got.Header.Get("Subject"))
	to, err := got.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "bo@teatro.org" || subject != m.Subject {
		t.Errorf("to %v, subject %q, %v", to, subject, err)
	}
	for header, want := range map[string]string{"Message-Id": "<" + id + ">", "Auto-Submitted": "auto-generated",
		"Date": "Sat, 14 Mar 2026 19:32:00 +0000", "Resend-Idempotency-Key": m.Key} {
		if got.Header.Get(header) != want {
			t.Errorf("%s: %q, want %q", header, got.Header.Get(header), want)
		}
	}
	if got.Header.Get("Bcc") != "" || got.Header.Get("Cc") != "" {
		t.Error("others get it too")
	}
	checkParts(t, got, m)
}

func checkParts(t *testing.T, got *mail.Message, m Message) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []struct{ kind, text string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(quotedprintable.NewReader(p))
		text := strings.ReplaceAll(string(raw), "\r\n", "\n")
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), want.kind) ||
			strings.TrimSpace(text) != strings.TrimSpace(want.text) {
			t.Errorf("%s: %v\n%q\n%q", want.kind, err, text, want.text)
		}
	}
}

func TestSMTPTextWithDots(t *testing.T) {
	t.Parallel()
	s := newSMTPServer(t, smtpHost)
	m := sample(t)
	m.Text = "line\n.\nRCPT TO:<evil@evil.org>\n..two\n"
	if _, err := s.sender(t).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	lines, _, mails := s.seen()
	for _, line := range lines {
		if strings.Contains(line, "evil") {
			t.Errorf("text became a command: %q", line)
		}
	}
	if len(mails) != 1 || !strings.Contains(mails[0], "evil@evil.org") {
		t.Error("the text is not whole")
	}
}

func TestSMTPRefusesToBeInsecure(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*smtpServer){
		"no STARTTLS":         func(s *smtpServer) { s.plain = true },
		"STARTTLS refused":    func(s *smtpServer) { s.replies["STARTTLS"] = "454 not now" },
		"unknown certificate": func(s *smtpServer) { s.roots = nil },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSMTPServer(t, smtpHost)
			spoil(s)
			refusedAndSilent(t, s)
		})
	}
	t.Run("certificate of another name", func(t *testing.T) { refusedAndSilent(t, newSMTPServer(t, "evil.example")) })
}

// refusedAndSilent checks that neither password nor mail was sent.
func refusedAndSilent(t *testing.T, s *smtpServer) {
	t.Helper()
	_, err := s.sender(t).Send(t.Context(), sample(t))
	if !errors.Is(err, model.ErrUnavailable) || errors.Is(err, ErrRefused) {
		t.Fatalf("%v", err)
	}
	lines, _, mails := s.seen()
	for _, line := range lines {
		if strings.HasPrefix(line, "AUTH") || strings.HasPrefix(line, "MAIL") || strings.HasPrefix(line, "RCPT") {
			t.Errorf("sent %q", line)
		}
	}
	if len(mails) > 0 {
		t.Error("sent the mail")
	}
}

func TestSMTPFailures(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, verb, reply string
		kind              error
	}{
		{"unknown recipient", "RCPT", "550 5.1.1 <bo@teatro.org> unknown", ErrRefused},
		{"full mailbox", "RCPT", "452 4.2.2 <bo@teatro.org> full", model.ErrUnavailable},
		{"content refused", ".", "554 5.7.1 spam from bo@teatro.org", ErrRefused},
		{"try later", ".", "451 4.3.0 later", model.ErrUnavailable},
		{"sender refused", "MAIL", "550 5.7.1 not your domain", model.ErrUnavailable},
		{"hangs up at the end", ".", "drop", model.ErrUnavailable},
		{"hangs up", "MAIL", "drop", model.ErrUnavailable},
		{"EHLO refused", "EHLO", "554 no", model.ErrUnavailable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newSMTPServer(t, smtpHost)
			s.replies[c.verb] = c.reply
			_, err := s.sender(t).Send(t.Context(), sample(t))
			if !errors.Is(err, c.kind) || (c.kind != ErrRefused && errors.Is(err, ErrRefused)) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if strings.Contains(err.Error(), "bo@") || strings.Contains(err.Error(), s.password) {
				t.Fatalf("the error says too much: %v", err)
			}
		})
	}
}

func TestSMTPPasswords(t *testing.T) {
	t.Parallel()
	s := newSMTPServer(t, smtpHost)
	if _, err := s.sender(t, "a-newer-password-01", s.password).Send(t.Context(), sample(t)); err != nil {
		t.Fatalf("the previous password is not tried: %v", err)
	}
	_, err := s.sender(t, "wrong-password-0123").Send(t.Context(), sample(t))
	if !errors.Is(err, errKey) || strings.Contains(err.Error(), "wrong-password") {
		t.Fatal(err)
	}
}

func TestSMTPTakenIsTaken(t *testing.T) {
	t.Parallel()
	s := newSMTPServer(t, smtpHost)
	s.replies["QUIT"] = "drop"
	if _, err := s.sender(t).Send(t.Context(), sample(t)); err != nil {
		t.Fatalf("a mail that the server took would be sent again: %v", err)
	}
}

func TestSMTPHangs(t *testing.T) {
	s := newSMTPServer(t, smtpHost)
	s.replies["banner"] = "hang"
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := testclock.Start()
	_, err := s.sender(t).Send(ctx, sample(t))
	if !errors.Is(err, model.ErrUnavailable) || start.Elapsed() > 3*time.Second {
		t.Fatalf("%v after %v", err, start.Elapsed())
	}
}
