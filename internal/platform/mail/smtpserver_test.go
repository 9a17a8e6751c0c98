package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// smtpServer speaks the submission protocol: RFC 5321 with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954).
type smtpServer struct {
	password string
	replies  map[string]string // command → reply instead of the usual one; "drop" closes the connection
	plain    bool              // offers no STARTTLS

	roots *x509.CertPool
	cert  tls.Certificate
	addr  *net.TCPAddr

	listener net.Listener
	started  sync.Once

	mu    sync.Mutex
	lines []string // commands, with the password removed
	mails []string // data of accepted mails
	open  []bool   // per line: sent without TLS
}

func newSMTPServer(t *testing.T, name string) *smtpServer {
	t.Helper()
	s := &smtpServer{password: "smtp-password-0123", replies: map[string]string{}}
	s.certificate(t, name)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().(*net.TCPAddr)
	s.listener = l
	return s
}

// start makes the server listen. Its replies must not be changed afterwards.
func (s *smtpServer) start(t *testing.T) {
	t.Helper()
	l := s.listener
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
}

func (s *smtpServer) certificate(t *testing.T, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		DNSNames: []string{name}, NotBefore: testclock.Real().Add(-time.Hour),
		NotAfter: testclock.Real().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(parsed)
	s.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (s *smtpServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(testclock.Real().Add(5 * time.Second))
	if s.replies["banner"] == "hang" {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	_, _ = io.WriteString(conn, "220 mail ready\r\n")
	s.session(conn, false)
}

func (s *smtpServer) session(conn net.Conn, secure bool) {
	r := bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb := strings.ToUpper(strings.SplitN(line+" ", " ", 2)[0])
		s.note(verb, line, secure)
		if reply, ok := s.replies[verb]; ok {
			if reply == "drop" {
				return
			}
			say(reply)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-mail")
			if !secure && !s.plain {
				say("250-STARTTLS")
			}
			switch {
			case secure:
				say("250-AUTH PLAIN")
			case s.plain:
				say("250-AUTH SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go ahead")
			next := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12})
			if next.Handshake() != nil {
				return
			}
			s.session(next, true)
			return
		case "AUTH":
			raw, _ := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
			if string(raw) != "\x00house\x00"+s.password {
				say("535 5.7.8 no")
				continue
			}
			say("235 2.7.0 yes")
		case "DATA":
			say("354 go")
			data, err := io.ReadAll(textproto.NewReader(r).DotReader())
			if err != nil {
				return
			}
			switch s.replies["."] {
			case "drop":
				return
			case "":
				s.keep(string(data))
				say("250 2.0.0 queued")
			default:
				say(s.replies["."])
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

func (s *smtpServer) note(verb, line string, secure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if verb == "AUTH" {
		line = "AUTH PLAIN"
	}
	s.lines, s.open = append(s.lines, line), append(s.open, !secure)
}

func (s *smtpServer) keep(data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, data)
}

func (s *smtpServer) seen() (lines []string, open []bool, mails []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...), append([]bool(nil), s.open...), append([]string(nil), s.mails...)
}
