package promise_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// output is that of go test -json in which all tests that promises rest on have passed, but for those named.
func output(but map[string]string) string {
	var b strings.Builder
	for _, p := range promise.All() {
		for _, test := range p.ShownBy {
			folder, name, _ := strings.Cut(test, " ")
			action := "pass"
			if other, ok := but[test]; ok {
				action = other
			}
			fmt.Fprintf(&b, `{"Action":%q,"Package":"github.com/tinyoperahouse/toh/%s","Test":%q}`+"\n", action, folder,
				name)
		}
	}
	return b.String()
}

func TestReleaseNeedsItsTests(t *testing.T) {
	t.Parallel()
	r, err := promise.NewRelease("abc1234", testclock.Now(), strings.NewReader(output(nil)))
	if err != nil || r.Revision != "abc1234" || len(r.Passed) < 30 {
		t.Fatalf("%d tests, %v", len(r.Passed), err)
	}
	one := promise.Of("T5").ShownBy[0]
	for _, action := range []string{"fail", "skip", "run"} {
		text := output(map[string]string{one: action})
		_, err := promise.NewRelease("abc1234", testclock.Now(), strings.NewReader(text))
		if err == nil {
			t.Errorf("a release although a test has %q", action)
		}
	}
	for name, text := range map[string]string{"no output": "", "no JSON": "PASS\nok\n"} {
		if _, err := promise.NewRelease("abc1234", testclock.Now(), strings.NewReader(text)); err == nil {
			t.Errorf("%s: a release", name)
		}
	}
	if _, err := promise.NewRelease("", testclock.Now(), strings.NewReader(output(nil))); err == nil {
		t.Error("a release without a name")
	}
}

// TestBuildControls: with the record of a release they pass; without one they do not, and a test that is not in the
// record turns its control.
func TestBuildControls(t *testing.T) {
	t.Parallel()
	r, err := promise.NewRelease("abc1234", time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC),
		strings.NewReader(output(nil)))
	if err != nil {
		t.Fatal(err)
	}
	missing := r
	one := promise.Of("T5").ShownBy[0]
	missing.Passed = slices.DeleteFunc(slices.Clone(r.Passed), func(s string) bool { return s == one })
	for name, c := range map[string]struct {
		record promise.Release
		local  bool
		want   promise.Outcome
	}{
		"a release": {r, false, promise.Passed}, "a test is missing": {missing, false, promise.Failed},
		"no release": {promise.Release{}, false, promise.Unknown},
		"a laptop":   {promise.Release{}, true, promise.NotHere},
	} {
		for _, control := range promise.BuildControls(c.record, c.local) {
			if control.ID != "build-t5" {
				continue
			}
			f := control.Try(t.Context())
			if f.Outcome != c.want || f.Evidence == "" && f.Detail == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	if in, err := promise.ThisRelease(); err != nil || in.Revision != "" {
		t.Errorf("the source has the record of a release: %+v %v", in, err)
	}
}
