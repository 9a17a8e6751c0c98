package condition_test

import (
	"net/http"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/condition"
)

func TestListsAreReadAsTheStandardHasThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		tags        int
		any         bool
		strong, all bool // whether "3" matches by the strong and by the weak comparison
	}{
		`"3"`:               {1, false, true, true},
		` "3"	`:             {1, false, true, true},
		`W/"3"`:             {1, false, false, true},
		`"1", W/"2","3"`:    {3, false, true, true},
		`,, "1" ,	"3",`:     {2, false, true, true},
		`"1","2"`:           {2, false, false, false},
		`"3-gzip"`:          {1, false, true, true},
		`W/"3-gzip"`:        {1, false, false, true},
		`"33"`:              {1, false, false, false},
		`"a,b", "3"`:        {2, false, true, true},
		`"é"`:               {1, false, false, false},
		`*`:                 {0, true, false, false},
		`"3" "4"`:           {0, false, false, false},
		`"3`:                {0, false, false, false},
		`3`:                 {0, false, false, false},
		`w/"3"`:             {0, false, false, false},
		`W/ "3"`:            {0, false, false, false},
		`*, "3"`:            {0, false, false, false},
		`"3", *`:            {0, false, false, false},
		`"3 3", "3"`:        {0, false, false, false},
		`, ,`:               {0, false, false, false},
		``:                  {0, false, false, false},
		"\"3\", \"\u007f\"": {0, false, false, false},
	} {
		l := condition.Read(http.Header{"If-Match": {text}}, "If-Match")
		_, strong := l.Strongly("3")
		_, weak := l.Weakly("3")
		if !l.Given || l.Any != want.any || len(l.Tags) != want.tags || strong != want.strong || weak != want.all {
			t.Errorf("%q: %+v, strong %v, weak %v", text, l, strong, weak)
		}
	}
	if l := condition.Read(http.Header{"If-Match": {`"1"`, `"3"`}}, "If-Match"); len(l.Tags) != 2 {
		t.Errorf("two lines: %+v", l)
	}
	if l := condition.Read(http.Header{}, "If-Match"); l.Given {
		t.Errorf("no header: %+v", l)
	}
}

func TestConditionsOfReadingInTheirOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		match, none string
		status      int
		tag         string
	}{
		{"", "", 0, ""},
		{`"3"`, "", 0, ""}, {`*`, "", 0, ""}, {`"2", "3"`, "", 0, ""},
		{`"2"`, "", 412, ""}, {`W/"3"`, "", 412, ""}, {`x`, "", 412, ""},
		{"", `"3"`, 304, "3"}, {"", `W/"3"`, 304, "3"}, {"", `"2", "3-gzip"`, 304, "3-gzip"}, {"", `*`, 304, "3"},
		{"", `"2"`, 0, ""}, {"", `x`, 0, ""},
		{`"3"`, `"3"`, 304, "3"}, {`"2"`, `"3"`, 412, ""}, {`"2"`, `*`, 412, ""}, {`*`, `"2"`, 0, ""},
	} {
		h := http.Header{}
		if c.match != "" {
			h.Set("If-Match", c.match)
		}
		if c.none != "" {
			h.Set("If-None-Match", c.none)
		}
		h.Set("If-Modified-Since", "Fri, 27 Nov 2026 00:00:00 GMT") // there are no dates: it says nothing
		h.Set("If-Unmodified-Since", "Fri, 27 Nov 1970 00:00:00 GMT")
		if status, tag := condition.OfReading(h).Decide("3"); status != c.status || tag != c.tag {
			t.Errorf("%q %q: %d %q, want %d %q", c.match, c.none, status, tag, c.status, c.tag)
		}
	}
}
