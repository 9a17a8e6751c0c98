package shows

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

// Limits of what can be written. Titles and names are counted in characters, texts in bytes.
const (
	maxTitle    = 200
	maxName     = 100
	maxWord     = 60 // a department, a cue
	maxText     = 100 << 10
	maxNote     = 20 << 10
	maxReason   = 2000
	maxSections = 100
	maxPeople   = 50
	maxStamps   = 100
	maxRevision = 200
	maxQueries  = 50
)

// MaxActs is how many acts a form may ask for.
const MaxActs = 20

// problems collects what is wrong with an input, by the names of its fields.
type problems map[string]string

func (p problems) add(field, format string, args ...any) {
	if p[field] == "" {
		p[field] = fmt.Sprintf(format, args...)
	}
}

// note adds an error's sentence for people.
func (p problems) note(field string, err error) {
	if err != nil {
		p.add(field, "%s", model.PublicText(err))
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return model.InvalidFields(p)
}

// line is a text of one line with at most limit characters.
func (p problems) line(field, text string, limit int) string {
	text = strings.TrimSpace(model.Lines(text))
	if utf8.RuneCountInString(text) > limit {
		p.add(field, "At most %d characters.", limit)
	}
	if strings.ContainsAny(text, "\n\r\t") {
		p.add(field, "One line only.")
	}
	p.plain(field, text)
	return text
}

// need is a line that must not be empty.
func (p problems) need(field, text string, limit int) string {
	text = p.line(field, text, limit)
	if text == "" {
		p.add(field, "Please fill this in.")
	}
	return text
}

// text is a text of many lines with at most limit bytes. Line ends are unified.
func (p problems) text(field, text string, limit int) string {
	text = model.Lines(text)
	if len(text) > limit {
		p.add(field, "This is too long: at most %d kB.", limit>>10)
		return ""
	}
	p.plain(field, text)
	return text
}

// plain refuses what is not text, and card numbers.
func (p problems) plain(field, text string) {
	switch {
	case !utf8.ValidString(text):
		p.add(field, "This is not readable text.")
	case strings.ContainsFunc(text, forbidden):
		p.add(field, "This holds characters that cannot be shown.")
	case cardnumber.In(text):
		p.add(field, cardnumber.Refusal)
	}
}

func forbidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t'
}

// value is *s, or "" when it was not given.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
