package workspace

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the container has no zone files

	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

const (
	maxName     = 80
	maxSlug     = 40
	minIdle     = 5 * time.Minute
	minAbsolute = time.Hour
	maxLife     = 30 * 24 * time.Hour
)

var (
	slugForm = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9]){1,39}$`)
	idForm   = regexp.MustCompile(`^[a-z2-7]{26}$`) // what model.NewID makes
	reserved = []string{"new", "api", "admin", "www", "static", "help", "support", "security", "account", "settings",
		"toh", "main", "mail"}
)

func invalid(fields map[string]string) error {
	if len(fields) == 0 {
		return nil
	}
	return model.InvalidFields(fields)
}

func checkName(fields map[string]string, name string) string {
	return account.Typed(fields, "name", name, maxName,
		fmt.Sprintf("Give the workspace a name, with at most %d characters.", maxName))
}

func checkSlug(fields map[string]string, slug string) {
	switch {
	case !isSlug(slug):
		fields["slug"] = "A short name has 2 to 40 lower-case letters and digits, with single hyphens between them."
	case cardnumber.In(slug):
		fields["slug"] = cardnumber.Refusal
	case idForm.MatchString(slug) || slices.Contains(reserved, slug):
		fields["slug"] = "This short name cannot be used. Choose another one."
	}
}

func checkZone(fields map[string]string, zone string) {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" || zone == "" {
		fields["time_zone"] = "Choose a time zone, such as Europe/Vienna."
	}
}

func checkSession(fields map[string]string, l account.Lifetimes) {
	if l.Idle != 0 && (l.Idle < minIdle || l.Idle > maxLife) {
		fields["session_idle"] = "A session ends after 5 minutes without use at the earliest, and after 30 days at " +
			"the latest."
	}
	if l.Absolute != 0 && (l.Absolute < minAbsolute || l.Absolute > maxLife) {
		fields["session_absolute"] = "A session lasts at least one hour and at most 30 days."
	}
}

// slugOf derives a slug from a name.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r < 0x300 && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	text := b.String()
	text = strings.Trim(text[:min(len(text), maxSlug-5)], "-")
	fields := map[string]string{}
	if checkSlug(fields, text); len(fields) > 0 {
		return varySlug("house")
	}
	return text
}

// varySlug appends a few random characters.
func varySlug(slug string) string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	end := make([]byte, 4)
	for i := range end {
		end[i] = letters[rand.IntN(len(letters))] // #nosec G404 -- not a secret
	}
	return strings.TrimRight(slug[:min(len(slug), maxSlug-5)], "-") + "-" + string(end)
}
