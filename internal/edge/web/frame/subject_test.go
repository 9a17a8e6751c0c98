package frame

import (
	"io"
	"log/slog"
	"strings"
	"testing"
)

// foreignPage says that its template is another subject's.
type foreignPage struct{ Base }

func (*foreignPage) Template() string { return "frame/error" }

func TestSubjectsMayNotClash(t *testing.T) {
	t.Parallel()
	row := func(name, method, path string) Subject {
		return Subject{Name: name, Routes: []Route{{Name: name, Method: method, Path: path, For: Open, Handle: ok}}}
	}
	undo := func(name, path string) Subject {
		s := row(name, "POST", "/w/{ws}/"+name+"/{id}/restore")
		s.Undo = map[string]string{"thing.trashed": path}
		return s
	}
	signIn := func(name string) Subject {
		return Subject{Name: name, SignIn: func(*Request, string, string) Page { return nil }}
	}
	foreign := row("a", "GET", "/a")
	foreign.Routes[0].Page = &foreignPage{}
	for want, subjects := range map[string][]Subject{
		`two "subject a"`:                  {row("a", "GET", "/a"), {Name: "a"}},
		`two "route a"`:                    {row("a", "GET", "/a"), {Name: "b", Routes: row("a", "GET", "/b").Routes}},
		`two "GET /a/{}"`:                  {row("a", "GET", "/a/{x}"), row("b", "GET", "/a/{y}")},
		`two "POST /theme"`:                {row("a", "POST", "/theme")},
		`two "undo of thing.trashed"`:      {undo("a", "/w/{ws}/a/{id}/restore"), undo("b", "/w/{ws}/b/{id}/restore")},
		"nothing answers the undo":         {undo("a", "/w/{ws}/a/{id}/bring-back")},
		"two subjects have a sign-in page": {signIn("a"), signIn("b")},
		`"frame/error" is not of the`:      {foreign},
		"": {row("a", "GET", "/a"), row("b", "POST", "/a"),
			undo("c", "/w/{ws}/c/{id}/restore")},
	} {
		_, err := New(Options{BaseURL: secureBase, Identity: &fakeIdentity{}, Clock: fixedClock{testNow},
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Subjects: subjects})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
