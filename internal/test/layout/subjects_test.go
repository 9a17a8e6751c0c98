package layout

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

const pages = "edge/web"

// shared are the packages that all subjects of the pages may use, with what they use of each other.
var shared = map[string][]string{"assets": nil, "frame": {"assets"}, "people": {"frame"},
	"stage": {"frame"}}

// TestSubjectsOfPagesStandAlone: a subject of the pages imports the frame and what subjects share, and no other
// subject; only the site knows all of them. So a new subject does not touch existing ones.
func TestSubjectsOfPagesStandAlone(t *testing.T) {
	t.Parallel()
	subjects := 0
	for _, p := range packages(t) {
		from, ok := strings.CutPrefix(short(p.ImportPath), pages+"/")
		if !ok || harness(p.ImportPath) {
			continue
		}
		uses, common := shared[from]
		if !common {
			subjects++
			uses = []string{"frame", "people", "stage"}
		}
		for _, imported := range p.Imports {
			if short(imported) == "platform/store" {
				t.Errorf("%s imports the store: pages reach documents through use cases", from)
			}
			to, ok := strings.CutPrefix(short(imported), pages+"/")
			if ok && !strings.Contains(" "+strings.Join(uses, " ")+" ", " "+to+" ") {
				t.Errorf("%s imports %s, which is not shared", from, to)
			}
		}
	}
	if subjects < 5 {
		t.Errorf("only %d subjects were looked at", subjects)
	}
}

// TestSubjectsOfPagesKnowNoService: they declare the use cases that they call, and no more.
func TestSubjectsOfPagesKnowNoService(t *testing.T) {
	t.Parallel()
	for _, path := range goFiles(t) {
		if !strings.HasPrefix(path, "internal/"+pages+"/") || ofTests(path) || filepath.Dir(path) == "internal/"+pages {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range uses(file, "identity.Service", "account.Service", "workspace.Service", "shows.Service") {
			t.Errorf("%s:%d names %s: declare an interface of the methods that are called", path,
				set.Position(use.pos).Line, use.of)
		}
	}
}
