package frame

import (
	"net/http"
	"time"
)

// themes are the choices of lighting. The first follows the device and needs no cookie.
var themes = []struct{ value, label, icon string }{
	{"auto", "theme.auto", "sun-moon"},
	{"light", "theme.light", "sun"},
	{"dark", "theme.dark", "moon"},
	{"dim", "theme.dim", "lightbulb"},
}

// ThemeChoice is a theme in the menu.
type ThemeChoice struct {
	Value, Label, Icon string
	Chosen             bool
}

// theme is the chosen theme, or "" for the device's.
func (s *Site) theme(r *http.Request) string {
	return knownTheme(s.cookie(r, themeCookie))
}

func knownTheme(value string) string {
	for _, t := range themes[1:] {
		if t.value == value {
			return value
		}
	}
	return ""
}

func (s *Site) themeChoices(r *http.Request) []ThemeChoice {
	chosen := s.theme(r)
	if chosen == "" {
		chosen = themes[0].value
	}
	choices := make([]ThemeChoice, len(themes))
	for i, t := range themes {
		choices[i] = ThemeChoice{t.value, t.label, t.icon, t.value == chosen}
	}
	return choices
}

// ThemeLife is how long a browser keeps the theme that somebody chose.
const ThemeLife = 365 * 24 * time.Hour

func (s *Site) setTheme(q *Request) (Answer, error) {
	if err := q.Parse(); err != nil {
		return Answer{}, err
	}
	if value := knownTheme(q.PostForm.Get("theme")); value != "" {
		s.setCookie(q, themeCookie, value, q.Now().Add(ThemeLife))
	} else {
		s.dropCookie(q, themeCookie)
	}
	return Go(q.Next()), nil
}
