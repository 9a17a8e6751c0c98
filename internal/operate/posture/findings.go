package posture

import "fmt"

// thing is a resource: what people call it, and its full name.
type thing struct{ kind, name string }

// findings are what one check found.
type findings struct {
	check string
	list  []Finding
}

func (f *findings) add(s State, t thing, read, expected string) {
	f.list = append(f.list, Finding{State: s, Check: f.check, Kind: t.kind, Resource: t.name, Read: read,
		Expected: expected})
}

// expect adds a finding: kept if ok, otherwise broken.
func (f *findings) expect(ok bool, t thing, read, expected string) {
	s := Broken
	if ok {
		s = Kept
	}
	f.add(s, t, read, expected)
}

// remark adds a finding that breaks nothing.
func (f *findings) remark(t thing, read, expected string) { f.add(Remark, t, read, expected) }

// undecided adds a finding that says why something could not be determined.
func (f *findings) undecided(t thing, expected string, err error) {
	f.add(Undecided, t, "could not be read: "+reason(err), expected)
}

// missing adds a broken finding: something that must exist does not.
func (f *findings) missing(t thing, expected string) { f.add(Broken, t, "does not exist", expected) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
