package frame

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/assets"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/templates"
)

// Options are what a Site needs.
type Options struct {
	BaseURL  string   // scheme and host, as people type it; https, or http on a loopback address
	Hosts    []string // further host names that it accepts
	Identity Identity
	Words    Words // nil for a site that does not carry what was written over a sign-in
	Log      *slog.Logger
	Clock    model.Clock
	Timeout  time.Duration               // of one request; 0 means 1.8 s
	Hops     int                         // how many entries at the end of X-Forwarded-For our own front adds
	Ready    func(context.Context) error // asked by /readyz; nil is always ready
	Subjects []Subject
	Files    fs.FS // templates, texts, icons and static files; nil for those built in
}

// Site serves the pages. It does not change after New, and is safe for concurrent use.
type Site struct {
	opts      Options
	base      *url.URL
	hosts     map[string]bool
	secure    bool
	catalog   *templates.Catalog
	assets    *assets.Files
	view      *renderer
	routes    []Route
	pages     []Page
	menu      []MenuItem
	foot      []FootLink
	undo      map[string]string
	askSignIn func(q *Request, lead, sealed string) Page
}

const defaultTimeout = 1800 * time.Millisecond

// New makes a site. It fails if a template, a text or an asset is missing.
func New(o Options) (*Site, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Files == nil {
		o.Files = templates.Embedded()
	}
	if o.Identity == nil || o.Log == nil || o.Clock == nil {
		return nil, errors.New("frame: identity, log and clock are needed")
	}
	s := &Site{opts: o}
	if err := s.setBase(); err != nil {
		return nil, err
	}
	var err error
	if s.catalog, err = templates.LoadCatalog(o.Files, "en"); err != nil {
		return nil, err
	}
	if s.assets, err = assets.Load(o.Files); err != nil {
		return nil, err
	}
	if err := s.mount(append([]Subject{s.own()}, o.Subjects...)); err != nil {
		return nil, err
	}
	if s.view, err = newRenderer(o.Files, s.catalog, s.assets, s.pages); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Site) setBase() error {
	u, err := url.Parse(s.opts.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("frame: the base URL %q is not a scheme and a host", s.opts.BaseURL)
	}
	s.base, s.secure = u, u.Scheme == "https"
	s.hosts = map[string]bool{strings.ToLower(u.Host): true}
	for _, h := range s.opts.Hosts {
		s.hosts[strings.ToLower(h)] = true
	}
	return nil
}

// Handler is the whole site.
func (s *Site) Handler() http.Handler {
	return s.Shell(s.headers(s.guard(s.router())))
}

// URL is the address of a path as others see it, for mails.
func (s *Site) URL(path string) string { return s.base.Scheme + "://" + s.base.Host + path }
