package config

import (
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The forms of Google's names.
var (
	projectForm  = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	regionForm   = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+$`)
	databaseForm = regexp.MustCompile(`^[a-z][a-z0-9-]{2,61}[a-z0-9]$`)
	bucketForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$`)
	kmsForm      = regexp.MustCompile(
		`^projects/[a-z0-9:.-]+/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}$`)
	topicForm          = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$`)
	serviceAccountForm = regexp.MustCompile(`^[a-z0-9-]{1,63}@[a-z0-9.-]+\.gserviceaccount\.com$`)
)

// reader takes settings out of an environment and collects what is wrong with them. It never quotes a value, because a
// value in the wrong place may be a secret.
type reader struct {
	values   map[string]string
	names    []string // the names of all variables that are set, sorted
	known    map[string]bool
	problems Problems
}

func newReader(environ []string) *reader {
	r := &reader{values: map[string]string{}, known: map[string]bool{}}
	for _, line := range environ {
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" {
			continue
		}
		r.values[name] = value
		r.names = append(r.names, name)
	}
	slices.Sort(r.names)
	return r
}

func (r *reader) problem(name, format string, args ...any) { r.problems.add(name, format, args...) }

func (r *reader) optional(name string) string {
	r.known[name] = true
	return strings.TrimSpace(r.values[name])
}

func (r *reader) matching(name string, form *regexp.Regexp, what string) string {
	v := r.optional(name)
	switch {
	case v == "":
		r.problem(name, "is missing: set it to %s", what)
	case !form.MatchString(v):
		r.problem(name, "is not valid: set it to %s", what)
	}
	return v
}

func (r *reader) matchingOr(name, standard string, form *regexp.Regexp, what string) string {
	if r.optional(name) == "" {
		return standard
	}
	return r.matching(name, form, what)
}

func (r *reader) choice(name, standard string, choices ...string) string {
	v := r.optional(name)
	if v == "" {
		v = standard
	}
	if !slices.Contains(choices, v) {
		r.problem(name, "is not valid: set it to one of %s", strings.Join(choices, ", "))
	}
	return v
}

func (r *reader) number(name string, standard, low, high int) int {
	v := r.optional(name)
	if v == "" {
		return standard
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		r.problem(name, "is not valid: set it to a whole number from %d to %d", low, high)
		return standard
	}
	return n
}

func (r *reader) ratio(name string, standard float64) float64 {
	v := r.optional(name)
	if v == "" {
		return standard
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= 0 && f <= 1) { // NaN is neither
		r.problem(name, "is not valid: set it to a number from 0 to 1, as in 0.05")
		return standard
	}
	return f
}

func (r *reader) duration(name string, standard, low, high time.Duration) time.Duration {
	v := r.optional(name)
	if v == "" {
		return standard
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < low || d > high {
		r.problem(name, "is not valid: set it to a duration from %s to %s, as in 12h", low, high)
		return standard
	}
	return d
}

func (r *reader) level(name string) slog.Level {
	v := r.choice(name, "info", "debug", "info", "warn", "error")
	var level slog.Level
	if err := level.UnmarshalText([]byte(v)); err != nil {
		return slog.LevelInfo // choice has already reported the problem
	}
	return level
}

func (r *reader) distinct(a, b string) {
	if v := r.optional(a); v != "" && v == r.optional(b) {
		r.problem(b, "must not be the same as %s: keys have a database and backups of their own", a)
	}
}
