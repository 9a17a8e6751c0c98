package model_test

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "1 minute", 10 * time.Minute: "10 minutes", time.Hour: "1 hour",
		90 * time.Minute: "90 minutes", 36 * time.Hour: "36 hours", 24 * time.Hour: "1 day",
		7 * 24 * time.Hour: "7 days"} {
		if got := model.Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAboutIsCompleteOrNot(t *testing.T) {
	t.Parallel()
	whole := model.About{Heading: model.OfShows, Name: "Reports", Purpose: "To know.", Until: "A day."}
	if !whole.Complete() {
		t.Error("a complete one is refused")
	}
	for what, spoil := range map[string]func(*model.About){
		"no heading":      func(a *model.About) { a.Heading = "" },
		"another heading": func(a *model.About) { a.Heading = "x" },
		"no name":         func(a *model.About) { a.Name = "" }, "no purpose": func(a *model.About) { a.Purpose = "" },
		"no end": func(a *model.About) { a.Until = "" },
	} {
		a := whole
		spoil(&a)
		if a.Complete() {
			t.Errorf("%s: complete", what)
		}
	}
}
