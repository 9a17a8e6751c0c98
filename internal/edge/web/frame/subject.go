package frame

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Subject is a part of the site: its routes with their handlers, its pages, and what the frame needs to know about it.
// Its package, its folder of templates and its file of texts have its name.
type Subject struct {
	Name   string
	Routes []Route
	Pages  []Page // values of the pages that no row of a route names
	Menu   []MenuItem
	Foot   []FootLink // at the end of every page
	// Undo gives, by the code of a flash, the path that its undo form posts to. {ws} and {id} are filled in.
	Undo map[string]string
	// SignIn makes the page that asks a person to sign in again and carries what they wrote, sealed. One subject has
	// it.
	SignIn func(q *Request, lead, sealed string) Page
}

// MenuItem is an entry in the menu of a workspace. It is shown to roles that may open it.
type MenuItem struct {
	Rank              int    // the menu is sorted by it
	Section           string // the Base.Section of its pages
	Path, Label, Icon string // the path below the workspace; the label is a key of the catalog
	Key, Shortcut     string // the key after "g", and its description in the list of shortcuts; "" for none
	Action            access.Action
}

// FootLink is a link to a public page at the end of every page. The label is a key of the catalog.
type FootLink struct{ Path, Label string }

// mount adds the subjects. It fails if two of them claim the same name or address.
func (s *Site) mount(subjects []Subject) error {
	taken := map[string]bool{}
	s.undo = map[string]string{}
	for _, subject := range subjects {
		if err := subject.check(taken); err != nil {
			return err
		}
		if subject.SignIn != nil && s.askSignIn != nil {
			return errors.New("frame: two subjects have a sign-in page")
		}
		if subject.SignIn != nil {
			s.askSignIn = subject.SignIn
		}
		s.routes = append(s.routes, subject.Routes...)
		s.pages = append(s.pages, subject.pages()...)
		s.menu = append(s.menu, subject.Menu...)
		s.foot = append(s.foot, subject.Foot...)
		maps.Copy(s.undo, subject.Undo)
	}
	slices.SortStableFunc(s.menu, func(a, b MenuItem) int { return cmp.Compare(a.Rank, b.Rank) })
	return nil
}

// check refuses names that are claimed twice, templates of another subject, and undo paths that no route has.
func (s Subject) check(taken map[string]bool) error {
	claims := []string{"subject " + s.Name}
	for _, r := range s.Routes {
		claims = append(claims, "route "+r.Name, r.Method+" "+anyVariable.ReplaceAllString(r.Path, "{}"))
	}
	for code := range s.Undo {
		claims = append(claims, "undo of "+code)
	}
	for _, claim := range claims {
		if taken[claim] {
			return fmt.Errorf("frame: %s: there are two %q", s.Name, claim)
		}
		taken[claim] = true
	}
	for _, path := range s.Undo {
		if !taken["POST "+anyVariable.ReplaceAllString(path, "{}")] {
			return fmt.Errorf("frame: %s: nothing answers the undo path %q", s.Name, path)
		}
	}
	for _, p := range s.pages() {
		if !strings.HasPrefix(p.Template(), s.Name+"/") {
			return fmt.Errorf("frame: the template %q is not of the subject %q", p.Template(), s.Name)
		}
	}
	return nil
}

// anyVariable finds the variables of a path.
var anyVariable = regexp.MustCompile(`\{[^}]*\}`)

func (s Subject) pages() []Page {
	all := slices.Clone(s.Pages)
	for _, r := range s.Routes {
		if r.Page != nil {
			all = append(all, r.Page)
		}
	}
	return all
}

// own is the subject of the frame's own pages.
func (s *Site) own() Subject {
	return Subject{
		Name: "frame", Routes: s.frameRoutes(),
		Pages: []Page{&ErrorPage{}, &FormPage{}, &MessagePage{}},
	}
}
