package frame

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/assets"
	"github.com/tinyoperahouse/toh/templates"
)

// Page is what a template shows: a struct that embeds Base and names its template, as in "signin/sign-in".
type Page interface {
	Template() string
	base() *Base
}

// renderer holds every page's template, parsed once.
type renderer struct {
	layout *template.Template
	pages  map[string]*template.Template
}

func functions(c *templates.Catalog, a *assets.Files, icons templates.Icons) template.FuncMap {
	return template.FuncMap{"t": c.T, "tn": c.N, "icon": icons.Draw, "asset": a.URL}
}

// newRenderer parses the layout and the template of each page.
func newRenderer(files fs.FS, c *templates.Catalog, a *assets.Files, pages []Page) (*renderer, error) {
	icons, err := templates.LoadIcons(files)
	if err != nil {
		return nil, err
	}
	common, err := template.New("").Funcs(functions(c, a, icons)).ParseFS(files, "layout.html", "partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("frame: layout: %w", err)
	}
	v := &renderer{layout: common, pages: map[string]*template.Template{}}
	for _, p := range pages {
		if v.pages[p.Template()], err = parsePage(files, common, p.Template()); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func parsePage(files fs.FS, common *template.Template, name string) (*template.Template, error) {
	t, err := common.Clone()
	if err == nil {
		t, err = t.ParseFS(files, "pages/"+name+".html")
	}
	if err != nil {
		return nil, fmt.Errorf("frame: page %s: %w", name, err)
	}
	return t, nil
}

// TemplateNames are all page templates there are.
func TemplateNames() ([]string, error) {
	paths, err := fs.Glob(templates.Embedded(), "pages/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("frame: pages: %w", err)
	}
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(strings.TrimPrefix(p, "pages/"), ".html")
	}
	return paths, nil
}

// Pages are a value of every page of the site.
func (s *Site) Pages() []Page { return slices.Clone(s.pages) }

// Template is the template of a page by its name, parsed, or nil; that of "" is the layout. It is for checks.
func (s *Site) Template(name string) *template.Template {
	if name == "" {
		return s.view.layout
	}
	return s.view.pages[name]
}

// render writes a page: its own part first, typed by its struct, then the layout around it.
func (v *renderer) render(w io.Writer, q *Request, p Page) error {
	t, ok := v.pages[p.Template()]
	if !ok {
		return fmt.Errorf("frame: the page %q is not in the list of pages", p.Template())
	}
	p.base().Fill(q)
	var title, body bytes.Buffer
	if err := t.ExecuteTemplate(&title, "title", p); err != nil {
		return fmt.Errorf("frame: %s: %w", p.Template(), err)
	}
	if err := t.ExecuteTemplate(&body, "main", p); err != nil {
		return fmt.Errorf("frame: %s: %w", p.Template(), err)
	}
	f := q.site.layout(q, p.base())
	f.Title = template.HTML(title.String()) // #nosec G203 -- both were escaped by html/template just now
	f.Body = template.HTML(body.String())   // #nosec G203
	if err := v.layout.ExecuteTemplate(w, "layout", f); err != nil {
		return fmt.Errorf("frame: layout of %s: %w", p.Template(), err)
	}
	return nil
}
