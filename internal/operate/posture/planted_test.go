package posture_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// TestPlantedDeviationsAreFound plants each deviation alone. Exactly the promises that it breaks are named, and a line
// of evidence names the resource. When it is undone, everything is kept again.
func TestPlantedDeviationsAreFound(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]map[string]deviation{
		"trail": trailDeviations, "databases": databaseDeviations, "keys": keyDeviations, "files": fileDeviations,
		"mirror":     mirrorDeviations(),
		"services":   serviceDeviations,
		"deliveries": deliveryDeviations, "alerts": alertDeviations, "roles": roleDeviations,
		"strangers": strangerDeviations, "people": personDeviations, "revisions": revisionDeviations,
		"blind alerts": blindDeviations, "fields": fieldDeviations(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := installed(t, spec())
			for _, one := range slices.Sorted(maps.Keys(list)) {
				t.Run(one, func(t *testing.T) { w.t = t; w.planted(list[one]) })
			}
		})
	}
}

func (w *world) planted(d deviation) {
	w.t.Helper()
	d.plant(w)
	w.finds(d)
	if d.undo != nil {
		d.undo(w)
	} else {
		w.apply(spec())
	}
	if r := w.attest(); !r.Sound() {
		w.t.Errorf("undone, it is %s: %s", r.State, notKept(r))
	}
}

// finds requires exactly these promises to be broken, each with a line that says so.
func (w *world) finds(d deviation) {
	w.t.Helper()
	r := w.attest()
	if got := brokenOf(r); got != d.breaks {
		w.t.Errorf("breaks %q, and not %q:\n%s", got, d.breaks, notKept(r))
	}
	if r.State != posture.Broken || len(d.says) == 0 {
		return
	}
	for _, id := range strings.Fields(d.breaks) {
		if strings.Contains(r.Of(id).Evidence, "do-not-print-me") {
			w.t.Errorf("%s prints a secret", id)
		}
	}
	if !w.says(r, d) {
		w.t.Errorf("no line says %q:\n%s", d.says, notKept(r))
	}
}

func (w *world) says(r posture.Report, d deviation) bool {
	for _, id := range strings.Fields(d.breaks) {
		for _, line := range strings.Split(r.Of(id).Evidence, "\n") {
			if strings.HasPrefix(line, "broken: ") && !slices.ContainsFunc(d.says, func(part string) bool {
				return !strings.Contains(line, part)
			}) {
				return true
			}
		}
	}
	return false
}

func brokenOf(r posture.Report) string {
	var list []string
	for _, p := range r.Promises {
		if p.State == posture.Broken {
			list = append(list, p.ID)
		}
	}
	return strings.Join(list, " ")
}

func notKept(r posture.Report) string {
	seen := map[string]bool{}
	var lines []string
	for _, p := range r.Promises {
		for _, f := range p.Checks {
			if line := string(f.State) + ": " + f.String(); (f.State == posture.Broken ||
				f.State == posture.Undecided) && !seen[line] {
				seen[line] = true
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// fieldDeviations remove each declared time to live, and some of the exemptions, in both databases.
func fieldDeviations() map[string]deviation {
	list := map[string]deviation{}
	exempt := map[string]int{}
	for database, collections := range map[string][]store.Collection{"toh-content": spec().Content,
		"toh-keys": spec().Keys} {
		for _, x := range store.Indexes(collections).Fields {
			name := database + "/collectionGroups/" + x.Collection + "/fields/" + x.Field
			if x.TTL {
				list["no time to live of "+x.Collection+" in "+database] = deviation{
					changeField(name, &adminpb.Field{}, "ttl_config"), nil, "T9 T13", []string{"databases/" + name +
						" has time to live none"}}
			}
			if len(x.Single) == 0 && exempt[x.Field] < 2 {
				exempt[x.Field]++
				list["no exemption of "+x.Field+" of "+x.Collection+" in "+database] = deviation{
					changeField(name, &adminpb.Field{}, "index_config"), nil, "T7", []string{"databases/" + name +
						" is in "}}
			}
		}
	}
	return list
}
