package access

import "slices"

// Level is how wide an audience is.
type Level string

// The audiences (T5). An empty level admits nobody.
const (
	Everyone   Level = "everyone"   // every member
	Organizers Level = "organizers" // organizers and management
	Managers   Level = "management" // management only
	People     Level = "people"     // the members named, whatever their role, and nobody else
)

// Audience says who is meant to read something: a document or a section of it.
type Audience struct {
	Level  Level    `json:"audience"`
	People []string `json:"people,omitempty"` // account ids, for People
	Also   []string `json:"also,omitempty"`   // account ids admitted as well, whatever the level: whoever wrote it
}

// ValidLevel reports whether l is one of the four.
func ValidLevel(l Level) bool {
	return l == Everyone || l == Organizers || l == Managers || l == People
}

// Only is the audience of exactly these accounts.
func Only(accounts ...string) Audience { return Audience{Level: People, People: accounts} }

// Admits reports whether the caller is meant to read it. The system is always admitted, because it shows nothing to
// anybody.
func (a Audience) Admits(c Caller) bool {
	if c.Role == System || (c.Account != "" && slices.Contains(a.Also, c.Account)) {
		return true
	}
	switch a.Level {
	case Everyone:
		return c.Role.rank() > 0
	case Organizers:
		return c.Role.AtLeast(Organizer)
	case Managers:
		return c.Role == Management
	case People:
		return c.Account != "" && slices.Contains(a.People, c.Account)
	}
	return false
}

// Readers are the values that a document has in its index so that lists find it: one per role, or one per person.
func (a Audience) Readers() []string {
	var roles []string
	switch a.Level {
	case Everyone:
		roles = []string{string(Management), string(Organizer), string(Reporter), string(Viewer)}
	case Organizers:
		roles = []string{string(Management), string(Organizer)}
	case Managers:
		roles = []string{string(Management)}
	}
	return append(roles, a.keys()...)
}

// Domains are the blind-index domains in which this audience may search for words: one per level, or one per person.
func (a Audience) Domains() []string {
	var levels []string
	if ValidLevel(a.Level) && a.Level != People {
		levels = []string{string(a.Level)}
	}
	return append(levels, a.keys()...)
}

// keys are the people, each once.
func (a Audience) keys() []string {
	var keys []string
	add := func(ids []string) {
		for _, id := range ids {
			if key := personKey(id); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	if a.Level == People {
		add(a.People)
	}
	add(a.Also)
	return keys
}

func personKey(account string) string { return "person:" + account }

// ReaderKeys are the Readers values that let this caller see a document in a list.
func (c Caller) ReaderKeys() []string {
	if c.Role.rank() == 0 {
		return nil
	}
	return []string{string(c.Role), personKey(c.Account)}
}

// SearchDomains are the Domains in which this caller may search.
func (c Caller) SearchDomains() []string {
	if c.Role.rank() == 0 {
		return nil
	}
	domains := []string{string(Everyone), personKey(c.Account)}
	if c.Role.AtLeast(Organizer) {
		domains = append(domains, string(Organizers))
	}
	if c.Role == Management {
		domains = append(domains, string(Managers))
	}
	return domains
}
