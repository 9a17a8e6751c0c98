package check_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// without removes what only a server adds.
func without(list []check.Entry) {
	for i := range list {
		list[i].Hash = nil
	}
}

// withEntries is what can be done to the entries of a well history, and what must be found then.
var withEntries = map[string]struct {
	do   func(h *history, b *check.Bundle)
	want []string
}{
	"the data": {
		func(_ *history, b *check.Bundle) { b.Entries[4].Data = json.RawMessage(`{"state":"broken"}`) },
		[]string{"entry-changed 1/4"},
	},
	"one bit of the data, and no hashes": {
		func(_ *history, b *check.Bundle) {
			without(b.Entries)
			b.Entries[4].Data = bytes.Clone(b.Entries[4].Data)
			b.Entries[4].Data[5] ^= 1
		},
		[]string{"head-does-not-fit 1/0 of 10"},
	},
	"the data, and heads around it": {
		func(h *history, b *check.Bundle) {
			without(b.Entries)
			for _, n := range []int64{4, 5} {
				b.Heads = append(b.Heads, h.pair.sign(h.t, h.plain(n).Text()))
			}
			b.Entries[4].Data = json.RawMessage(`{"state":"broken"}`)
		},
		[]string{"entry-changed 1/4 of 5"},
	},
	"the kind": {
		func(_ *history, b *check.Bundle) { b.Entries[4].Kind = "other" }, []string{"entry-changed 1/4"},
	},
	"a microsecond": {
		func(_ *history, b *check.Bundle) { b.Entries[4].At = b.Entries[4].At.Add(time.Microsecond) },
		[]string{"entry-changed 1/4"},
	},
	"the data and its hash": {
		func(_ *history, b *check.Bundle) {
			b.Entries[4].Data = json.RawMessage(`{"state":"broken"}`)
			hash := b.Entries[4].Record()
			b.Entries[4].Hash = &hash
		},
		[]string{"head-does-not-fit 1/0 of 10"},
	},
	"only the hash": {
		func(_ *history, b *check.Bundle) { b.Entries[4].Hash = &tlog.Hash{1} }, []string{"hash-changed 1/4"},
	},
	"one dropped": {
		func(_ *history, b *check.Bundle) { b.Entries = slices.Delete(b.Entries, 4, 5) },
		[]string{"entry-missing 1/4"},
	},
	"the first two dropped": {
		func(_ *history, b *check.Bundle) { b.Entries = b.Entries[2:] }, []string{"entry-missing 1/0"},
	},
	"one dropped, and the rest moved up": {
		func(_ *history, b *check.Bundle) {
			b.Entries = slices.Delete(b.Entries, 4, 5)
			for i := 4; i < len(b.Entries); i++ {
				b.Entries[i].Number--
			}
		},
		[]string{"entry-changed 1/4", "entry-changed 1/5", "entry-changed 1/6", "entry-changed 1/7",
			"entry-changed 1/8", "size-too-large 1/9 of 10"},
	},
	"the last ones cut off": {
		func(_ *history, b *check.Bundle) { b.Entries = b.Entries[:7] }, []string{"size-too-large 1/7 of 10"},
	},
	"all cut off": {
		func(_ *history, b *check.Bundle) { b.Entries = nil }, []string{"section-missing 1/-1"},
	},
	"two swapped": {
		func(_ *history, b *check.Bundle) { b.Entries[4], b.Entries[5] = b.Entries[5], b.Entries[4] },
		[]string{"entry-order 1/4"},
	},
	"two swapped, with their numbers": {
		func(_ *history, b *check.Bundle) {
			b.Entries[4], b.Entries[5] = b.Entries[5], b.Entries[4]
			b.Entries[4].Number, b.Entries[5].Number = 4, 5
		},
		[]string{"head-does-not-fit 1/0 of 10", "entry-changed 1/4", "entry-changed 1/5"},
	},
	"one twice": {
		func(_ *history, b *check.Bundle) { b.Entries = slices.Insert(b.Entries, 5, b.Entries[4]) },
		[]string{"entry-twice 1/4"},
	},
	"another section": {
		func(_ *history, b *check.Bundle) { b.Entries[9].Section = 2 },
		[]string{"size-too-large 1/9 of 10", "entry-missing 2/0"},
	},
	"back-dated": {
		func(_ *history, b *check.Bundle) { b.Entries[4].At = start.Add(-time.Hour) },
		[]string{"back-dated 1/4", "entry-changed 1/4"},
	},
	"back-dated, and signed": {
		func(h *history, b *check.Bundle) {
			h.at = h.at.Add(-time.Hour)
			h.add()
			h.at = h.at.Add(time.Hour)
			*b = h.bundle(h.head())
		},
		[]string{"back-dated 1/10"},
	},
}

func TestTamperingWithEntriesShows(t *testing.T) {
	t.Parallel()
	for name, c := range withEntries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, b := well(t)
			c.do(h, &b)
			r := check.Verify(b)
			if got := kinds(r); !slices.Equal(got, c.want) || r.State != check.Found {
				t.Errorf("found %q, want %q; %+v", got, c.want, r)
			}
		})
	}
}

// withHeads is the same for its heads.
var withHeads = map[string]struct {
	do        func(h *history, b *check.Bundle)
	want      []string
	undecided string
}{
	"another root, with the old signature": {
		func(_ *history, b *check.Bundle) {
			lines := strings.Split(b.Heads[0], "\n")
			lines[2] = tlog.Hash{7}.String()
			b.Heads[0] = strings.Join(lines, "\n")
		},
		[]string{"bad-signature 1/-1 of 10"}, "No head of a known key",
	},
	"another root, signed": {
		func(h *history, b *check.Bundle) {
			head := h.plain(10)
			head.Root = tlog.Hash{7}
			b.Heads = append(b.Heads, h.pair.sign(h.t, head.Text()))
		},
		[]string{"heads-contradict 1/-1 of 10"}, "",
	},
	"another root over fewer, signed": {
		func(h *history, b *check.Bundle) {
			head := h.plain(6)
			head.Root = tlog.Hash{7}
			b.Heads = append(b.Heads, h.pair.sign(h.t, head.Text()))
		},
		[]string{"heads-contradict 1/-1 of 6"}, "",
	},
	"a kept head over more": {
		func(h *history, b *check.Bundle) {
			h.add()
			b.Heads = append(b.Heads, h.head())
		},
		[]string{"size-too-large 1/10 of 11"}, "",
	},
	"an earlier time": {
		func(h *history, b *check.Bundle) {
			head := h.plain(10)
			head.At = start.Add(-time.Hour)
			b.Heads = []string{h.pair.sign(h.t, head.Text())}
		},
		[]string{"back-dated 1/0 of 10"}, "",
	},
	"an earlier time than the head before": {
		func(h *history, b *check.Bundle) {
			head := h.plain(9)
			head.At = h.at.Add(time.Hour)
			b.Heads = append(b.Heads, h.pair.sign(h.t, head.Text()))
		},
		[]string{"back-dated 1/-1 of 10"}, "",
	},
	"another head before": {
		func(h *history, b *check.Bundle) {
			head := h.plain(10)
			head.Before = tlog.Hash{7}.String()
			b.Heads = []string{h.pair.sign(h.t, head.Text())}
		},
		[]string{"head-does-not-fit 1/-1 of 10"}, "",
	},
	"unsigned": {
		func(h *history, b *check.Bundle) { b.Heads[0] = h.plain(10).Text() },
		[]string{"head-malformed 0/-1"}, "No head of a known key",
	},
	"signed by somebody else": {
		func(h *history, b *check.Bundle) {
			b.Heads[0] = newPair(h.t, origin+"/v1").sign(h.t, h.plain(10).Text())
		},
		nil, "unknown key",
	},
	"signed by somebody else first": {
		func(h *history, b *check.Bundle) {
			text := h.plain(10).Text()
			raw, err := note.Sign(&note.Note{Text: text}, newPair(h.t, "witness.example").signer(h.t, text),
				h.pair.signer(h.t, text))
			must(h.t, err)
			b.Heads[0] = string(raw)
		},
		nil, "",
	},
	"signed by another known key": {
		func(h *history, b *check.Bundle) {
			other := newPair(h.t, origin+"/v2")
			b.Keys = append(b.Keys, other.Key)
			b.Heads[0] = other.sign(h.t, h.plain(10).Text())
		},
		[]string{"other-signer 1/-1 of 10"}, "",
	},
	"wrong origin": {
		func(h *history, b *check.Bundle) {
			head := h.plain(10)
			head.Origin = "other.example/security/history"
			b.Heads[0] = h.pair.sign(h.t, head.Text())
		},
		[]string{"wrong-origin 1/-1 of 10"}, "No head of a known key",
	},
	"a thousand signatures": {
		func(_ *history, b *check.Bundle) {
			at := strings.Index(b.Heads[0], "— ")
			b.Heads[0] = b.Heads[0][:at] + strings.Repeat(b.Heads[0][at:], 1000)
		},
		[]string{"too-many-signatures 0/-1"}, "No head of a known key",
	},
	"seventeen signatures": {
		func(_ *history, b *check.Bundle) {
			at := strings.Index(b.Heads[0], "— ")
			b.Heads[0] = b.Heads[0][:at] + strings.Repeat(b.Heads[0][at:], 17)
		},
		[]string{"too-many-signatures 0/-1"}, "No head of a known key",
	},
	"an impossible size": {
		func(h *history, b *check.Bundle) {
			head := h.plain(10)
			head.Size = 1 << 60
			b.Heads[0] = h.pair.sign(h.t, head.Text())
		},
		[]string{"size-too-large 1/10 of 1152921504606846976"}, "",
	},
	"a line more": {
		func(h *history, b *check.Bundle) { b.Heads[0] = h.pair.sign(h.t, h.plain(10).Text()+"more\n") },
		[]string{"head-malformed 0/-1"}, "No head of a known key",
	},
	"an unknown section": {
		func(h *history, b *check.Bundle) {
			head := h.plain(10)
			head.Section = 3
			b.Heads = append(b.Heads, h.pair.sign(h.t, head.Text()))
		},
		[]string{"section-missing 2/-1", "section-missing 3/-1"}, "",
	},
}

func TestTamperingWithHeadsShows(t *testing.T) {
	t.Parallel()
	for name, c := range withHeads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, b := well(t)
			c.do(h, &b)
			r := check.Verify(b)
			if got := kinds(r); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q; %+v", got, c.want, r)
			}
			said := strings.Join(r.Undecided, "\n")
			if c.undecided == "" && said != "" || !strings.Contains(said, c.undecided) {
				t.Errorf("undecided %q, want %q", said, c.undecided)
			}
		})
	}
}

func TestKeysFollowEachOther(t *testing.T) {
	t.Parallel()
	h, _ := well(t)
	heads := []string{h.head()}
	for _, version := range []string{"v2", "v3"} {
		h.rotate(version)
		h.add()
		heads = append(heads, h.head())
	}
	b := h.bundle(heads...)
	if r := check.Verify(b); r.State != check.Well || r.Covered != 14 {
		t.Errorf("%+v", r)
	}
	b.Keys = b.Keys[:2]
	r := check.Verify(b)
	if said := strings.Join(r.Undecided, "\n"); r.State != check.Undecided || r.Covered != 12 ||
		!strings.Contains(said, "was signed by an unknown key") || !strings.Contains(said, "names an unknown key") {
		t.Errorf("%+v", r)
	}
	b.Keys = append(b.Keys, check.Key{ID: "x+00000000", Name: "x", PEM: h.pair.PEM})
	if got := kinds(check.Verify(b)); !slices.Equal(got, []string{"bad-key 0/-1"}) {
		t.Errorf("%q", got)
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	h, _ := well(t)
	old := h.head()
	lost := slices.Clone(h.entries[7:])
	h.restart(old, 3)
	h.add()
	b := h.bundle(h.head())
	copied := b // what a copy still has
	copied.Entries = slices.Concat(b.Entries[:7], lost, b.Entries[7:])
	if r := check.Verify(copied); r.State != check.Well || r.Covered != int64(len(copied.Entries)) {
		t.Errorf("with the entries that were lost: %+v", r)
	}
	r := check.Verify(b)
	if said := strings.Join(r.Undecided, "\n"); r.State != check.Undecided || r.Sections != 2 ||
		!strings.Contains(said, "3 entries at the end of section 1 are gone, as section 2 says") {
		t.Errorf("%+v", r)
	}
	b.Heads = append(b.Heads, old) // which somebody kept
	if again := check.Verify(b); again.State != check.Undecided || len(again.Undecided) != len(r.Undecided) {
		t.Errorf("%+v", again)
	}
	more := b
	more.Entries = slices.Delete(slices.Clone(b.Entries), 6, 7) // one more is gone than it says
	if got := kinds(check.Verify(more)); !slices.Equal(got, []string{"size-too-large 1/6 of 10",
		"section-unfounded 2/0"}) {
		t.Errorf("%q", got)
	}
	all := b
	all.Entries = b.Entries[7:]
	if got := kinds(check.Verify(all)); !slices.Equal(got, []string{"section-missing 1/-1", "section-unfounded 2/0"}) {
		t.Errorf("%q", got)
	}
	none := b
	none.Entries = slices.Clone(b.Entries[:7])
	for i := range 2 {
		e := h.entries[7+i]
		e.Hash = nil
		if i == 0 {
			e.Kind, e.Data = "result", json.RawMessage(`{}`)
		}
		none.Entries = append(none.Entries, e)
	}
	if got := kinds(check.Verify(none)); !slices.Contains(got, "section-unfounded 2/0") ||
		!slices.Contains(got, "size-too-large 1/7 of 10") {
		t.Errorf("%q", got)
	}
}

// TestASectionCannotFollowItself: its first entry names a head of its own.
func TestASectionCannotFollowItself(t *testing.T) {
	t.Parallel()
	h, _ := well(t)
	head := h.plain(1)
	head.Section = 2
	h.restart(h.pair.sign(t, head.Text()), 0)
	r := check.Verify(h.bundle(h.head()))
	if got := kinds(r); !slices.Equal(got, []string{"section-unfounded 2/0"}) {
		t.Errorf("%q", got)
	}
}

// TestHashedBytesStay: what was hashed is checked with the same bytes for ever.
func TestHashedBytesStay(t *testing.T) {
	t.Parallel()
	e := check.Entry{Section: 2, Number: 3, At: start, Kind: "result", Data: json.RawMessage(`{"a":1}`)}
	text := "\x00" + // as in every leaf
		"\x00\x00\x00\x00\x00\x00\x00\x13toh-history-entry-1" +
		"\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x03" +
		"\x00\x06\x4d\x01\x0a\x1b\x2e\x40" + // microseconds
		"\x00\x00\x00\x00\x00\x00\x00\x06result" + "\x00\x00\x00\x00\x00\x00\x00\x07" + `{"a":1}`
	if got := e.Record(); got != sha256.Sum256([]byte(text)) {
		t.Errorf("%v: %x", got, e.At.UnixMicro())
	}
	other := e
	other.Kind, other.Data = "resul", json.RawMessage(`t{"a":1}`)
	if other.Record() == e.Record() {
		t.Error("the kind and the data are not told apart")
	}
}

func TestOpenEntriesAreTold(t *testing.T) {
	t.Parallel()
	h, b := well(t)
	h.add()
	b.Entries = h.entries
	if r := check.Verify(b); r.State != check.Well || r.Open != 1 || r.Covered != 10 {
		t.Errorf("%+v", r)
	}
	if r := check.Verify(check.Bundle{Origin: origin}); r.State != check.Undecided {
		t.Errorf("%+v", r)
	}
}

func TestEntriesSurviveTheirJSON(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	for _, data := range []any{
		map[string]any{"b": 1, "a": 1.0, "c": nil}, json.RawMessage(`{"n": 9007199254740993, "z": -0, "f": 1.0}`),
		"composed é, decomposed é", "<script>&\u2028", []string{}, nil,
	} {
		h.append("result", data)
	}
	for _, indent := range []string{"", "  "} {
		var raw bytes.Buffer
		enc := json.NewEncoder(&raw)
		enc.SetIndent("", indent)
		must(t, enc.Encode(h.entries))
		b := h.bundle(h.head())
		b.Entries = nil
		must(t, json.Unmarshal(raw.Bytes(), &b.Entries))
		if r := check.Verify(b); r.State != check.Well || r.Covered != 7 {
			t.Errorf("indented by %q: %+v", indent, r)
		}
	}
}

func TestHeadsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	h, b := well(t)
	head, err := check.Parse(b.Heads[0])
	if err != nil || head.Text() != h.plain(10).Text() || head.Key != h.pair.ID || head.Note != b.Heads[0] {
		t.Errorf("%+v, %v", head, err)
	}
	text := h.plain(10).Text()
	for _, bad := range []string{
		"", "x\n\n", strings.Replace(text, "\n10\n", "\n010\n", 1), strings.Replace(text, "\n10\n", "\n+10\n", 1),
		strings.Replace(text, "section 1", "section 0", 1), strings.Replace(text, "Z\n", "+00:00\n", 1),
		strings.TrimPrefix(text, origin), text[:20], fmt.Sprint(text, "before \n"),
	} {
		if got, err := check.Parse(h.pair.sign(t, strings.TrimSuffix(bad, "\n")+"\n")); err == nil {
			t.Errorf("%q is taken for %+v", bad, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	_, b := well(f)
	f.Add(b.Heads[0])
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := check.Parse(text); err == nil && !strings.HasPrefix(text, h.Text()) {
			t.Errorf("%q is taken for %q", text, h.Text())
		}
		check.Verify(check.Bundle{Origin: origin, Heads: []string{text}})
	})
}
