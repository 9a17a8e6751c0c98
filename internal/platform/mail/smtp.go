package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/tinyoperahouse/toh/internal/model"
)

// SMTPOptions are what an SMTP needs.
type SMTPOptions struct {
	From  string // "Name <address>" or an address
	Host  string
	Port  int
	User  string
	Keys  Keys           // the password
	Roots *x509.CertPool // who may sign the server's certificate; nil means the system's
	Clock model.Clock
}

// SMTP sends through a submission server, always over STARTTLS with a verified certificate.
type SMTP struct {
	o    SMTPOptions
	from *mail.Address
}

// NewSMTP makes an SMTP.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("mail: sender: %w", err)
	}
	if o.Clock == nil {
		o.Clock = model.SystemClock{}
	}
	return &SMTP{o: o, from: from}, nil
}

// Send passes the mail to the server. The protocol has no idempotency: after a crash between the server's answer and
// our record of it, the mail is sent again, with the same Message-ID, by which receivers drop the second copy.
func (s *SMTP) Send(ctx context.Context, m Message) (string, error) {
	if err := m.Check(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	id := m.Key + "@" + s.domain()
	msg, err := s.message(m, id)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return s.o.Keys.withKey(ctx, func(password string) (string, error) { return id, s.deliver(ctx, password, msg) })
}

func (s *SMTP) domain() string {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	return domain
}

func (s *SMTP) message(m Message, id string) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	msg.FromMailAddress(s.from)
	if err := msg.AddToFormat(m.ToName, m.To); err != nil {
		return nil, errors.New("smtp: the recipient cannot be written") // the cause quotes the address
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(s.o.Clock.Now())
	msg.SetMessageIDWithValue(id)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("Resend-Idempotency-Key", m.Key) // used if the server is Resend's
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

func (s *SMTP) deliver(ctx context.Context, password string, msg *gomail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, vendorTimeout)
	defer cancel()
	client, err := gomail.NewClient(s.o.Host,
		gomail.WithDialContextFunc(bounded(ctx)),
		gomail.WithPort(s.o.Port),
		gomail.WithTimeout(vendorTimeout),
		gomail.WithHELO(s.domain()),
		gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.o.Host, RootCAs: s.o.Roots, MinVersion: tls.VersionTLS12}),
		gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
		gomail.WithUsername(s.o.User),
		gomail.WithPassword(password))
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return smtpError(err)
	}
	defer func() { _ = client.CloseWithSMTPClient(session) }() // whether the mail was accepted is known before this
	return smtpError(client.SendWithSMTPClient(session, msg))
}

// bounded dials connections that end with ctx, because the library observes its context only while it dials.
func bounded(ctx context.Context) gomail.DialContextFunc {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
}

// smtpError keeps codes and drops texts, which quote addresses.
func smtpError(err error) error {
	if err == nil {
		return nil
	}
	var send *gomail.SendError
	if errors.As(err, &send) {
		text := fmt.Errorf("smtp: %s: %d", send.Reason, send.ErrorCode())
		aboutMail := send.Reason == gomail.ErrSMTPRcptTo || send.Reason == gomail.ErrSMTPData ||
			send.Reason == gomail.ErrSMTPDataClose
		if aboutMail && send.ErrorCode() >= 500 {
			return fmt.Errorf("%w: %w", ErrRefused, text)
		}
		return model.Unavailable(text)
	}
	var reply *textproto.Error
	if errors.As(err, &reply) && (reply.Code == 535 || reply.Code == 534 || reply.Code == 530) {
		return fmt.Errorf("%w: smtp: %d", errKey, reply.Code)
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return model.Unavailable(errors.New("smtp: the server's certificate cannot be verified"))
	}
	return model.Unavailable(errors.New("smtp: the server did not accept the connection as required (STARTTLS, " +
		"sign-in) or did not answer"))
}
