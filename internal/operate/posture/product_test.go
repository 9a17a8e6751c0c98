package posture_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// published are the promises, in the order of the pages.
func published() []string {
	var list []string
	for _, page := range []struct {
		letter string
		n      int
	}{{"T", 13}, {"G", 20}, {"O", 14}} {
		for i := range page.n {
			list = append(list, fmt.Sprintf("%s%d", page.letter, i+1))
		}
	}
	return list
}

// TestEveryPromiseHasItsHalf: for each promise the table says what the product does, and a row that says that something
// exists names the tests that show it. Those tests exist.
func TestEveryPromiseHasItsHalf(t *testing.T) {
	t.Parallel()
	table := posture.Products()
	if got, want := slices.Sorted(maps.Keys(table)), slices.Sorted(slices.Values(published())); !slices.Equal(got,
		want) {
		t.Fatalf("the table has %v", got)
	}
	for id, p := range table {
		if p.Built == (p.Missing != "") || p.Built && len(p.ShownBy) == 0 {
			t.Errorf("%s: built %t, missing %q, shown by %v", id, p.Built, p.Missing, p.ShownBy)
		}
		if !p.Built && strings.HasPrefix(p.Missing, "There") && !regexp.MustCompile(`\b(no|not|nobody|nothing)\b`).
			MatchString(p.Missing) {
			t.Errorf("%s: %q does not say what is missing", id, p.Missing)
		}
		for _, shown := range p.ShownBy {
			if room, name, _ := strings.Cut(shown, " "); !hasTest(t, room, name) {
				t.Errorf("%s: there is no test %s in %s", id, name, room)
			}
		}
	}
}

func hasTest(t *testing.T, room, name string) bool {
	t.Helper()
	files, err := filepath.Glob("../../../" + room + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(path string) bool {
		return strings.Contains(text(t, path), "func "+name+"(")
	})
}

func text(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path) // #nosec G304 -- a file of this module
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// signs are how something that the table calls missing would show in the code: an action that begins with one of these
// words. Everything that can be done has its action.
var signs = map[string]string{
	"T8": "incident notice breach", "T10": "connect", "T11": "bank", "T12": "consent payment charge",
	"T13": "erase hold strike retention",
	"G3":  "migrate migration", "G4": "payment checkout plan", "G6": "staff panel support", "G17": "export",
	"G19": "incident", "G20": "checkup access-review", "O5": "shop", "O6": "staff panel support",
	"O7": "staff panel support", "O8": "shop",
	"O10": "shop purge uninstall", "O11": "shop webhook redact", "O12": "incident",
	"O13": "disclosure weakness", "O14": "incident affected",
}

// TestWhatIsCalledMissingIsNotThere: whoever builds the missing half of a promise must correct the table, and with it
// what the page says.
func TestWhatIsCalledMissingIsNotThere(t *testing.T) {
	t.Parallel()
	actions := regexp.MustCompile(`Action = "([a-z-]+)\.`).FindAllStringSubmatch(text(t, "../../access/matrix.go"), -1)
	if len(actions) < 50 {
		t.Fatalf("only %d actions are seen", len(actions))
	}
	for id, p := range posture.Products() {
		if p.Built {
			continue
		}
		words := strings.Fields(signs[id])
		if len(words) == 0 && id != "O3" { // O3 is built in provisioning: TestNoPrivateNetwork
			t.Errorf("no sign tells when %s is built", id)
		}
		for _, a := range actions {
			if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(a[1], w) }) {
				t.Errorf("%s is called missing, and there is an action %s.…", id, a[1])
			}
		}
	}
}

// TestNoPrivateNetwork: as long as O3 is called missing, no network is provisioned.
func TestNoPrivateNetwork(t *testing.T) {
	t.Parallel()
	network := slices.ContainsFunc(spec().Resources(), func(r provision.Resource) bool {
		return regexp.MustCompile(`(?i)network|subnet|perimeter|connector`).MatchString(r.Kind)
	})
	if missing := !posture.Products()["O3"].Built; missing == network {
		t.Errorf("a private network is missing: %t, and one is provisioned: %t", missing, network)
	}
}

// TestSecurityPageHasThePromises: the page's table of promises equals that of the code, word for word.
func TestSecurityPageHasThePromises(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	for _, p := range slices.Concat(promise.All(), promise.Words()) {
		fmt.Fprintf(&want, "| %s: %s | %s | %s |\n", p.ID, p.Text, p.How, p.Missing)
	}
	_, section, _ := strings.Cut(text(t, "../../../docs/security.md"), "\n## The promises\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !strings.Contains(section+"\n", "\n| --- | --- | --- |\n"+want.String()+"\n") {
		t.Errorf("docs/security.md does not say:\n%s", want.String())
	}
}
