package app

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const shapesFile = "testdata/shapes.txt"

// shapes are how all kinds are stored, a line for each part.
func shapes(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, k := range kinds() {
		for _, l := range k.Shape() {
			lines = append(lines, k.Name()+" "+l)
		}
	}
	slices.Sort(lines)
	return lines
}

// TestStoredShapesOnlyGrow compares how documents are stored with what was last agreed on. The previous release runs
// beside this one during every rollout, and again after a rollback: what it reads and writes must stay as it is. To add
// what is new to the file, use TOH_UPDATE=shapes; it never removes anything.
func TestStoredShapesOnlyGrow(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(shapesFile)
	if err != nil {
		t.Fatal(err)
	}
	agreed := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	problems, fresh := compareShapes(agreed, shapes(t))
	for _, p := range problems {
		t.Error(p)
	}
	if len(fresh) > 0 && os.Getenv("TOH_UPDATE") != "shapes" {
		t.Errorf("not agreed on yet; run the test with TOH_UPDATE=shapes:\n%s", strings.Join(fresh, "\n"))
	}
	if len(fresh) > 0 && len(problems) == 0 && os.Getenv("TOH_UPDATE") == "shapes" {
		all := append(slices.Clone(agreed), fresh...)
		slices.Sort(all)
		if err := os.WriteFile(shapesFile, []byte(strings.Join(slices.Compact(all), "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// compareShapes finds what the previous release would miss, and what is new.
func compareShapes(agreed, now []string) (problems, fresh []string) {
	is := map[string]string{}
	was := map[string]string{}
	kindsBefore := map[string]bool{}
	for _, l := range now {
		name, kind := split(l)
		is[name] = kind
	}
	for _, l := range agreed {
		name, kind := split(l)
		was[name] = kind
		collection, _, _ := strings.Cut(name, " ")
		kindsBefore[collection] = true
		switch found, there := is[name]; {
		case !there:
			problems = append(problems,
				fmt.Sprintf("%s is gone: the previous version reads and writes it (docs/design.md, Schema changes)",
					name))
		case found != kind:
			problems = append(problems, fmt.Sprintf("%s was %s and is %s: give the new form a name of its own "+
				"(docs/design.md, Schema changes)", name, kind, found))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, known := was[name]; known {
			continue
		}
		collection, _, _ := strings.Cut(name, " ")
		if list, _, inList := strings.Cut(name, "[]."); inList && kindsBefore[collection] && hadList(was, list) {
			problems = append(problems, fmt.Sprintf("%s is new within the elements of a list: the previous version "+
				"would drop it when it changes the document (docs/design.md, Schema changes)", name))
			continue
		}
		fresh = append(fresh, name+is[name])
	}
	return problems, fresh
}

// hadList reports whether the previous release knows the list, and so writes its elements.
func hadList(was map[string]string, list string) bool {
	for name := range was {
		if strings.HasPrefix(name, list+"[]") {
			return true
		}
	}
	return false
}

// split splits a line into a name and its type.
func split(line string) (name, kind string) {
	if i := strings.LastIndex(line, ": "); i >= 0 {
		return line[:i], line[i:]
	}
	return line, ""
}

func TestShapesThatShrinkAreFound(t *testing.T) {
	t.Parallel()
	agreed := []string{"notes body.title: string", "notes body.parts[].text: string", "notes in workspaces",
		"notes field at: 4"}
	for name, c := range map[string]struct {
		now             []string
		problems, fresh int
	}{
		"the same":       {agreed, 0, 0},
		"more":           {append(slices.Clone(agreed), "notes body.more: string"), 0, 1},
		"a new kind":     {append(slices.Clone(agreed), "others body.list[].x: string"), 0, 1},
		"a new list":     {append(slices.Clone(agreed), "notes body.list[].x: string"), 0, 1},
		"gone":           {agreed[1:], 1, 0},
		"renamed":        {append(slices.Clone(agreed[1:]), "notes body.name: string"), 1, 1},
		"another type":   {append(slices.Clone(agreed[1:]), "notes body.title: integer"), 1, 0},
		"within a list":  {append(slices.Clone(agreed), "notes body.parts[].size: integer"), 1, 0},
		"another scope":  {append(slices.Clone(agreed[:2]), "notes in accounts", agreed[3]), 1, 1},
		"field's type":   {append(slices.Clone(agreed[:3]), "notes field at: 1"), 1, 0},
		"field of index": {append(slices.Clone(agreed), "notes field rank: 2"), 0, 1},
	} {
		problems, fresh := compareShapes(agreed, c.now)
		if len(problems) != c.problems || len(fresh) != c.fresh {
			t.Errorf("%s: problems %q, new %q", name, problems, fresh)
		}
	}
}
