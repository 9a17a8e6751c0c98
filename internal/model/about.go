package model

import (
	"fmt"
	"time"
)

// Heading is where people look for a sort of data.
type Heading string

// The headings, in the order in which they are shown.
const (
	OfAccount Heading = "account" // what belongs to a person
	OfCompany Heading = "company" // what belongs to a company, and is not its work
	OfShows   Heading = "shows"   // what a company's people write
	OfService Heading = "service" // what running the service needs
)

// Headings are all of them.
var Headings = []Heading{OfAccount, OfCompany, OfShows, OfService}

// About says to everybody what a sort of stored data is for and how it ends. The public page of data shows it.
type About struct {
	Heading Heading
	Name    string // what people call it
	Purpose string // what it is kept for, in a sentence
	// Until is how long it is kept, and how it ends. Its numbers come from the constants that the code uses. What only
	// the configuration says is a word in braces, as in {session}.
	Until string
}

// Complete reports whether all of it is said.
func (a About) Complete() bool {
	known := false
	for _, h := range Headings {
		known = known || a.Heading == h
	}
	return known && a.Name != "" && a.Purpose != "" && a.Until != ""
}

// Span is a duration in words, in the largest unit that fits exactly: "14 days", "1 hour", "10 minutes".
func Span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}} {
		if d >= unit.size && d%unit.size == 0 {
			return counted(int(d/unit.size), unit.name)
		}
	}
	return counted(max(1, int(d/time.Minute)), "minute")
}

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
