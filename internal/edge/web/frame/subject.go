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

// Subject is a part of the site: its routes with their handlers, its pages, and what the frame has to know of it. The
// name is that of its folders of templates, of its file of texts, and of its package.
type Subject struct {
	Name   string
	Routes []Route
	Pages  []Page // values of the pages that no row of a route names
	Menu   []MenuItem
	Foot   []FootLink // at the end of every page
	// Undo says where a form posts to that takes back what the flash of a code tells of. {ws} and {id} are put in.
	Undo map[string]string
	// SignIn is the page that asks whoever was signed out to sign in again, and carries what they have written, sealed.
	// One subject has it.
	SignIn func(q *Request, lead, sealed string) Page
}

// MenuItem is a place in the menu of a workspace: what a role may not open is not in it.
type MenuItem struct {
	Rank              int    // places are in this order
	Section           string // what Base.Section of its pages says
	Path, Label, Icon string // below the workspace; a key of the catalog
	Key, Shortcut     string // the key after "g", and what the list of shortcuts says of it; "" for none
	Action            access.Action
}

// FootLink leads from the end of every page to a public one. The label is a key of the catalog.
type FootLink struct{ Path, Label string }

// mount takes the subjects in. Two claims to one name or address are a mistake in the program.
func (s *Site) mount(subjects []Subject) error {
	taken := map[string]bool{}
	s.undo = map[string]string{}
	for _, subject := range subjects {
		if err := subject.check(taken); err != nil {
			return err
		}
		if subject.SignIn != nil && s.askSignIn != nil {
			return errors.New("frame: two subjects sign people in")
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

// check refuses what is claimed twice, templates of another subject, and undo buttons that lead nowhere.
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

// own is what the frame itself answers.
func (s *Site) own() Subject {
	return Subject{
		Name: "frame", Routes: s.frameRoutes(),
		Pages: []Page{&ErrorPage{}, &FormPage{}, &MessagePage{}},
	}
}
