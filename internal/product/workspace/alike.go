package workspace

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Two members of a workspace may have the same name, and somebody may take another's name on purpose. Readers of "seen
// by" and of the trail must be able to tell them apart. So when a member's name looks like that of another member, or
// of a former one, the name is shown with a mark made from the account's id, for both members. Marks are ignored when
// names are compared, so typing one as a part of a name does not help to pass for somebody.

const (
	markLength = 4   // characters of the account's id
	maxGone    = 500 // former names that are kept, as keyed hashes
)

var markForm = regexp.MustCompile(`(?:\s*\([a-z2-7]{4}\))+\s*$`)

// marked is a name with the mark of an account.
func marked(name, account string) string {
	return markForm.ReplaceAllString(name, "") + " (" + account[:min(markLength, len(account))] + ")"
}

// likeness maps names that look alike to one text: without case, accents, spaces and marks, and with one letter for all
// those that look the same.
func likeness(name string) string {
	folded := cases.Fold().String(norm.NFKD.String(markForm.ReplaceAllString(name, "")))
	var b strings.Builder
	for _, r := range folded {
		if same, ok := lookAlike[r]; ok {
			r = same
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return folded // no letters or digits
	}
	return strings.ReplaceAll(b.String(), "rn", "m")
}

// lookAlike maps letters of other scripts, and digits, to the Latin letters that they look like, in either case.
var lookAlike = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range []string{
		"aаα", "bвβ", "cсϲ", "dԁđ", "eеε", "hнһη", "iіι1lɩıⅼ|ł", "jј", "kкκ", "mм", "nπ", "oоοσ0øօ",
		"pрρ", "qԛ", "sѕ", "tтτ", "uυս", "vνѵ", "wԝω", "xхχ", "yуγ", "zζ",
	} {
		letters := []rune(pair)
		for _, r := range letters[1:] {
			m[r] = letters[0]
		}
	}
	return m
}()

// past is the name of a former member, or a member's former name.
type past struct {
	Account string `json:"account"`
	Alike   string `json:"alike"`
}

// alikeHash is the same for all names that look alike, within a workspace.
func (s *Service) alikeHash(ctx context.Context, scope model.Scope, name string) (string, error) {
	ring, err := s.gate.Keyrings().Ring(ctx, scope)
	if err != nil {
		return "", err
	}
	return ring.Hash("name", likeness(name)), nil
}

// tellApart returns the name under which a person is shown in a workspace, and a function that records it in the
// roster. Members whose names look the same get their marks.
func (s *Service) tellApart(ctx context.Context, tx *records.Tx, sys access.Caller, a access.Action,
	p account.Person) (name string, note func(*roster), err error) {
	alike, err := s.alikeHash(ctx, sys.Scope, p.Name)
	if err != nil {
		return "", nil, err
	}
	known, err := s.allAlike(ctx, tx, sys, a)
	if err != nil {
		return "", nil, err
	}
	name = p.Name
	if known.wasNamed(p.ID, alike) {
		name = marked(p.Name, p.ID)
	}
	for _, other := range known.People {
		if other.Alike != alike || other.Account == p.ID {
			continue
		}
		name = marked(p.Name, p.ID)
		_, err := members.Update(ctx, tx, records.By(sys, a).On(other.Account), func(m *Member) error {
			m.Name = marked(m.Name, m.Account)
			return nil
		})
		if ignoreGone(err) != nil {
			return "", nil, err
		}
	}
	return name, func(b *roster) {
		for i := range b.People {
			if seat := known.find(b.People[i].Account); seat != nil {
				b.People[i].Alike = seat.Alike
			}
		}
		if seat := b.find(p.ID); seat != nil {
			seat.Alike = alike
		}
	}, nil
}

// allAlike returns the roster with the hash of every member's name. For members whose roster entry has none, because
// they joined before hashes were recorded, it is made from their document.
func (s *Service) allAlike(ctx context.Context, tx *records.Tx, sys access.Caller, a access.Action) (*roster, error) {
	r, err := rosters.Get(ctx, tx, records.By(sys, a).On(main))
	if err != nil {
		return nil, err
	}
	known := roster{People: slices.Clone(r.Body.People), Gone: r.Body.Gone}
	for i := range known.People {
		seat := &known.People[i]
		if seat.Alike != "" {
			continue
		}
		m, err := members.Get(ctx, tx, records.By(sys, a).On(seat.Account))
		if err != nil {
			if ignoreGone(err) == nil {
				continue
			}
			return nil, err
		}
		if seat.Alike, err = s.alikeHash(ctx, sys.Scope, m.Body.Name); err != nil {
			return nil, err
		}
	}
	return &known, nil
}

// wasNamed reports whether the name is a former name of another account.
func (r *roster) wasNamed(account, alike string) bool {
	return slices.ContainsFunc(r.Gone, func(p past) bool { return p.Alike == alike && p.Account != account })
}

// keepName records a former name.
func (r *roster) keepName(p past) {
	r.Gone = append(slices.DeleteFunc(r.Gone, func(old past) bool { return old == p }), p)
	r.Gone = r.Gone[max(0, len(r.Gone)-maxGone):]
}
