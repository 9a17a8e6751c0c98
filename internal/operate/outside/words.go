package outside

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// dated is how a document says from when on it holds.
var dated = regexp.MustCompile(`From <time datetime="([^"]+)"`)

// policies: the privacy policy and the terms are there, and say from when on they hold.
func policies(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		newest := time.Time{}
		for _, path := range []string{"/privacy", "/terms"} {
			a, f, bad := o.open(ctx, path)
			if bad {
				return f
			}
			m := dated.FindStringSubmatch(a.Body)
			if m == nil {
				return promise.Fail("%s does not say from when on it holds", path)
			}
			from, err := time.Parse(time.RFC3339, m[1])
			if err != nil || from.After(o.Now()) {
				return promise.Fail("%s holds from %q", path, m[1])
			}
			if from.After(newest) {
				newest = from
			}
		}
		return promise.Pass("Both are public; the newer one holds from %s.", newest.Format("2 January 2006"))
	}
}

// open asks for a page that must be there.
func (o *Options) open(ctx context.Context, path string) (*Answer, promise.Finding, bool) {
	a, err := o.client.Ask(ctx, Request{Path: path})
	switch {
	case err != nil:
		return nil, Unreachable(err), true
	case a.Busy():
		return nil, TooBusy(), true
	case a.Status != http.StatusOK:
		return nil, promise.Fail("GET %s answered %d", path, a.Status), true
	}
	return a, promise.Finding{}, false
}

// fewestStored is fewer kinds of data than any installation has: a page with less is incomplete.
const fewestStored = 20

// purposes: of everything that is stored the page says what it is for, and for how long.
func purposes(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		a, f, bad := o.open(ctx, "/data")
		if bad {
			return f
		}
		rows := strings.Split(a.Body, `<th scope="row">`)[1:]
		for _, row := range rows {
			row, _, _ = strings.Cut(row, "</tr>")
			if n := strings.Count(row, "<td"); n < 2 || strings.Contains(row, "></td>") {
				return promise.Fail("a kind of data has no purpose or no end on the page: %.60q", row)
			}
		}
		if len(rows) < fewestStored {
			return promise.Fail("the page names only %d kinds of data", len(rows))
		}
		return promise.Pass("Of %d kinds of data it is public what they are for and how long they stay.", len(rows))
	}
}

// insiders: who may deploy, read logs, open the databases and change rules is public, by role and without names.
func insiders(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		if o.Local {
			return promise.Inapplicable("On one machine whoever has the machine may do everything.")
		}
		a, f, bad := o.open(ctx, "/access")
		if bad {
			return f
		}
		for _, id := range []string{"deploy", "logs", "data", "rules"} {
			if !strings.Contains(a.Body, `id="`+id+`-title"`) {
				return promise.Fail("the page does not say who may do what in part %q", id)
			}
		}
		for _, named := range []string{"user:", "group:", "serviceAccount:"} {
			if strings.Contains(a.Body, named) {
				return promise.Fail("the page names somebody")
			}
		}
		return promise.Pass("Who may deploy, read logs, open the databases and change rules is public, by role.")
	}
}
