// Package project is what the services of the local cloud know about projects: the form of ids, and the number of each
// project.
//
// It must never say that a project is missing: on one machine every well-formed id is a project.
package project

import (
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
)

// ID is what a project's id looks like, as a part of regular expressions.
const ID = `[a-z][a-z0-9-]{4,28}[a-z0-9]`

var (
	idPattern     = regexp.MustCompile(`^` + ID + `$`)
	numberPattern = regexp.MustCompile(`^[1-9][0-9]{5,18}$`)
)

// WellFormed tells whether id may be the id of a project.
func WellFormed(id string) bool { return idPattern.MatchString(id) }

// IsNumber tells whether s may be the number of a project.
func IsNumber(s string) bool { return numberPattern.MatchString(s) }

// Number is the number of the project with this id. It is derived from the id, so that it is the same on every machine.
func Number(id string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	const least, span = 100_000_000_000, 900_000_000_000
	return strconv.FormatUint(least+h.Sum64()%span, 10)
}

// Of is the project's part of a resource name, an id or a number.
func Of(name string) string {
	rest, _ := strings.CutPrefix(name, "projects/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// Agent is the address of a service's own account in a project of this id or number. Its domain is
// "gs-project-accounts" for storage.
func Agent(id, domain string) string {
	if !IsNumber(id) {
		id = Number(id)
	}
	return "service-" + id + "@" + domain + ".iam.gserviceaccount.com"
}
