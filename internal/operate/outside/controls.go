package outside

import (
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// Options are where the service is, and what its installation is like.
type Options struct {
	BaseURL   string
	Local     bool              // one machine: there is no TLS, and the API's description is public
	Contact   string            // "" on one machine
	Google    bool              // the installation uses Google Cloud
	Transport http.RoundTripper // nil is the network
	Now       func() time.Time

	client *Client
}

// often is how often these controls run.
const often = 15 * time.Minute

// rarely is for what changes with a release only.
func rarely(c promise.Control) promise.Control {
	c.Every = time.Hour
	return c
}

// noTLS says why controls of TLS do not apply.
const noTLS = "This installation is on one machine and answers only there, without TLS."

// Controls are the controls that a client from outside makes.
func Controls(o Options) ([]promise.Control, error) {
	var err error
	if o.client, err = NewClient(o.BaseURL, o.Transport); err != nil {
		return nil, err
	}
	c := func(id, says string, try func(*Options) tryFunc, promises ...string) promise.Control {
		return promise.Control{ID: id, Kind: promise.Live, Promises: promises, Says: says, Every: often, Try: try(&o)}
	}
	return []promise.Control{
		c("plain-http", "Asks for a page, and posts a form, without TLS.", plainHTTP, "T2", "T7", "G13", "O1"),
		c("tls", "Looks at the version of TLS, the certificate, and whether browsers are told to use TLS only.",
			secure, "T2", "T7", "G13", "O1"),
		c("weak-passwords", "Signs up with passwords that are easy to guess.", weakPasswords, "T3"),
		c("no-token", "Asks the API without a token, and with made-up ones.", noToken, "T5", "T6", "G8"),
		c("background-closed", "Calls the addresses of background work, as Google's services do, without their proof.",
			backgroundClosed, "G5"),
		c("api-description", "Asks for the API's description and its viewer.", noDescription, "G7"),
		c("contact", "Reads security.txt and checks what it must say and when it expires.", contact, "O13", "S5"),
		c("documents", "Opens the list of subprocessors and the agreement on data processing.", documents, "G18", "O9"),
		rarely(c("policies", "Opens the privacy policy and the terms, and reads from when on they hold.", policies,
			"S1")),
		rarely(c("purposes", "Opens the list of what is stored, and looks for something without a purpose.", purposes,
			"S2")),
		rarely(c("insiders", "Opens the list of who may do what past the product, and looks for names.", insiders,
			"S4")),
	}, nil
}
