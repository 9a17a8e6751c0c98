package frame

import (
	"net/http"

	"github.com/tinyoperahouse/toh/internal/model"
)

// ShortcutsPage lists the keyboard shortcuts.
type ShortcutsPage struct {
	Base
	Rows []Shortcut
}

// Template names the page.
func (*ShortcutsPage) Template() string { return "frame/shortcuts" }

// Shortcut is keys and what they do, as a key of the catalog.
type Shortcut struct {
	Keys []string
	Says string
}

func (s *Site) shortcuts(*Request) (Answer, error) {
	page := &ShortcutsPage{Rows: []Shortcut{{[]string{"/"}, "shortcuts.search"}, {[]string{"?"}, "shortcuts.help"},
		{[]string{"Esc"}, "shortcuts.escape"}}}
	for _, item := range s.menu {
		if item.Key != "" {
			page.Rows = append(page.Rows, Shortcut{[]string{"g", item.Key}, item.Shortcut})
		}
	}
	return Show(page), nil
}

// robots allows search engines to fetch the listed pages and the files that these use. All other answers have a noindex
// header.
func (s *Site) robots(q *Request) (Answer, error) {
	q.writer.Header().Set("Cache-Control", "public, max-age=86400")
	text := "User-agent: *\n"
	for _, r := range s.routes {
		if r.Listed {
			text += "Allow: " + r.Path + "$\n"
		}
	}
	return Text(http.StatusOK, text+"Allow: /static/\nDisallow: /\n"), nil
}

// live says that the process answers.
func (s *Site) live(*Request) (Answer, error) { return Text(http.StatusOK, "live\n"), nil }

// ready says whether it can work.
func (s *Site) ready(q *Request) (Answer, error) {
	if s.opts.Ready != nil {
		if err := s.opts.Ready(q.Context()); err != nil {
			return Answer{}, model.Unavailable(err)
		}
	}
	return Text(http.StatusOK, "ready\n"), nil
}
