package access

import "slices"

// Level is how wide an audience is.
type Level string

// The audiences (T5). An empty level is nobody.
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
}

// ValidLevel reports whether l is one of the four.
func ValidLevel(l Level) bool {
	return l == Everyone || l == Organizers || l == Managers || l == People
}

// Only is the audience of exactly these accounts.
func Only(accounts ...string) Audience { return Audience{People, accounts} }

// Admits reports whether the caller is meant to read it. The system, which answers to nobody's screen, is.
func (a Audience) Admits(c Caller) bool {
	if c.Role == System {
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

// Readers are the values that a document carries in its index so that a list finds it: a value per role, or per person.
func (a Audience) Readers() []string {
	switch a.Level {
	case Everyone:
		return []string{string(Management), string(Organizer), string(Reporter), string(Viewer)}
	case Organizers:
		return []string{string(Management), string(Organizer)}
	case Managers:
		return []string{string(Management)}
	case People:
		return a.keys()
	}
	return nil
}

// Domains are the blind-index domains of words that this audience may search: a domain per level, or per person.
func (a Audience) Domains() []string {
	if a.Level == People {
		return a.keys()
	}
	if ValidLevel(a.Level) {
		return []string{string(a.Level)}
	}
	return nil
}

func (a Audience) keys() []string {
	keys := make([]string, 0, len(a.People))
	for _, id := range a.People {
		keys = append(keys, personKey(id))
	}
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
