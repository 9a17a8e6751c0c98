package wallclock

import (
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1932": "19:32", "19:32": "19:32", "19.32": "19:32", "7.32pm": "19:32", "7:32 PM": "19:32",
		" 7.32 p.m. ": "19:32",
		"7pm":         "19:00", "730": "07:30", "0730": "07:30", "7:05": "07:05", "12am": "00:00", "12pm": "12:00",
		"12.30 a.m.": "00:30",
		"0000":       "00:00", "23:59": "23:59", "19h32": "19:32", "732pm": "19:32", "1:00am": "01:00",
	} {
		got, err := Parse(text)
		if err != nil || got.String() != want {
			t.Errorf("Parse(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "7", "19", "24:00", "2400", "19:60", "1960", "13pm", "0pm", "19:3", "193211", "-1:00", "19:32:10", "soon",
		"pm", "19:32xm",
		"١٩:٣٢", "19;32", "1 9 3 2 1",
	} {
		_, err := Parse(text)
		if !errors.Is(err, model.ErrInvalid) || model.PublicText(err) == "" {
			t.Errorf("Parse(%q) gives %v, want a clear ErrInvalid", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1932", "7.32pm", "19:32", "12am", "٣", "99999999999999999999", "7 : 3 2 P M"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := Parse(text)
		if err != nil {
			if !errors.Is(err, model.ErrInvalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if at < 0 || at >= 24*60 {
			t.Fatalf("%q is %d minutes", text, at)
		}
		again, err := Parse(at.String())
		if err != nil || again != at {
			t.Fatalf("%q does not come back: %v, %v", at.String(), again, err)
		}
	})
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAroundMidnight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start, typed string
		before       bool
		want         string
	}{
		{"2026-01-10T19:30:00+01:00", "1932", false, "2026-01-10T19:32:00+01:00"},
		{"2026-01-10T19:30:00+01:00", "1928", false, "2026-01-10T19:28:00+01:00"}, // two minutes early, not a day late
		{"2026-01-10T19:30:00+01:00", "0010", false, "2026-01-11T00:10:00+01:00"},
		{"2026-01-10T19:30:00+01:00", "1529", false, "2026-01-11T15:29:00+01:00"},
		{"2026-01-10T19:30:00+01:00", "1530", false, "2026-01-10T15:30:00+01:00"},
		{"2026-01-10T14:00:00+01:00", "0200", false, "2026-01-11T02:00:00+01:00"},
		{"2026-01-10T00:15:00+01:00", "2345", true, "2026-01-09T23:45:00+01:00"}, // the house of a midnight show
		{"2026-01-10T00:15:00+01:00", "0005", true, "2026-01-10T00:05:00+01:00"},
		{"2026-01-10T00:15:00+01:00", "2350", false, "2026-01-09T23:50:00+01:00"},
		{"2026-01-10T19:30:00+01:00", "0800", true, "2026-01-10T08:00:00+01:00"}, // a call in the morning
		{"2026-01-10T19:30:00+01:00", "1900", true, "2026-01-10T19:00:00+01:00"},
		{"2026-01-10T19:30:00+01:00", "2026-01-10T23:00:00Z", false, "2026-01-11T00:00:00+01:00"},
	} {
		e := Evening{berlin(t), instant(t, c.start)}
		got, err := e.At(c.typed, c.before, time.Time{})
		if err != nil || !got.Equal(instant(t, c.want)) {
			t.Errorf("%s at a show of %s: %v, %v, want %s", c.typed, c.start, got.In(e.Zone), err, c.want)
		}
	}
}

func TestNightsOfTheClockChange(t *testing.T) {
	t.Parallel()
	spring := Evening{berlin(t), instant(t, "2026-03-28T21:30:00+01:00")} // clocks go from 2:00 to 3:00
	if _, err := spring.At("0230", false, time.Time{}); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("an hour that does not exist: %v", err)
	}
	late, err := spring.At("0300", false, time.Time{})
	if err != nil || !late.Equal(instant(t, "2026-03-29T01:00:00Z")) {
		t.Errorf("3:00 in spring is %v, %v", late, err)
	}
	autumn := Evening{berlin(t), instant(t, "2026-10-24T21:30:00+02:00")} // clocks go from 3:00 back to 2:00
	first, err := autumn.At("0230", false, instant(t, "2026-10-25T00:10:00Z"))
	if err != nil || !first.Equal(instant(t, "2026-10-25T00:30:00Z")) {
		t.Errorf("the first 2:30 is %v, %v", first, err)
	}
	second, err := autumn.At("0230", false, instant(t, "2026-10-25T00:50:00Z"))
	if err != nil || !second.Equal(instant(t, "2026-10-25T01:30:00Z")) {
		t.Errorf("2:30 after the first 2:50 is %v, %v", second, err)
	}
	// every minute of both nights means at most one instant, and except for the gap exactly one
	for m := range Time(24 * 60) {
		for _, e := range []Evening{spring, autumn} {
			at, err := e.At(m.String(), false, time.Time{})
			gap := e == spring && m >= 120 && m < 180
			if (err != nil) != gap || (err == nil && at.In(e.Zone).Format("15:04") != m.String()) {
				t.Fatalf("%s in the night of %s: %v, %v", m, e.Start, at, err)
			}
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "Mars/Olympus", "../../etc/passwd", "Europe/Berlin\x00"} {
		if _, err := LoadZone(name); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("zone %q: %v", name, err)
		}
	}
	for _, name := range []string{"Europe/Berlin", "Asia/Kathmandu", "UTC", "Australia/Lord_Howe"} {
		if _, err := LoadZone(name); err != nil {
			t.Errorf("zone %q: %v", name, err)
		}
	}
}
