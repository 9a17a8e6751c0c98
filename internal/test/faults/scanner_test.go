package faults

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"unicode/utf16"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// needle is a text that must be nowhere, in one of the forms in which a program may leave it.
type needle struct {
	what  string // for messages; never the text itself
	bytes []byte // in lower case
}

// needles are the forms of a text: unchanged, in both cases, in hex, in base64 at every offset, as JSON, in an address,
// in UTF-16.
func needles(what, text string) []needle {
	var all []needle
	add := func(form string, b []byte) {
		if len(b) >= 8 { // shorter ones would be found by chance
			all = append(all, needle{what + " (" + form + ")", bytes.ToLower(b)})
		}
	}
	add("plain", []byte(text))
	add("hex", []byte(hex.EncodeToString([]byte(text))))
	asJSON, _ := json.Marshal(text)
	add("JSON", bytes.Trim(asJSON, `"`))
	add("ASCII JSON", []byte(trimQuotes(strconv.QuoteToASCII(text))))
	add("address", []byte(url.QueryEscape(text)))
	var wide []byte
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	add("UTF-16", wide)
	for offset := range 3 {
		inner := base64Within([]byte(text), offset)
		add(fmt.Sprintf("base64 at %d", offset), inner)
		add(fmt.Sprintf("URL base64 at %d", offset),
			bytes.NewBuffer(bytes.ReplaceAll(bytes.ReplaceAll(inner, []byte("+"), []byte("-")), []byte("/"),
				[]byte("_"))).Bytes())
	}
	return all
}

func trimQuotes(s string) string { return s[1 : len(s)-1] }

// base64Within is the base64 form of a text that begins at an offset within a longer one: the characters that depend on
// it alone.
func base64Within(text []byte, offset int) []byte {
	padded := append(make([]byte, offset), text...)
	coded := base64.StdEncoding.EncodeToString(padded[:len(padded)/3*3])
	if offset > 0 {
		coded = coded[4:]
	}
	return []byte(coded)
}

// scanner looks for needles.
type scanner struct {
	needles []needle
	found   []string
	bytes   int
}

func (s *scanner) look(where string, b []byte) {
	s.bytes += len(b)
	b = bytes.ToLower(b)
	for _, n := range s.needles {
		if bytes.Contains(b, n.bytes) {
			s.found = append(s.found, n.what+" in "+where)
		}
	}
}

// files scans every file in a folder, byte by byte.
func (s *scanner) files(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		s.look("file "+path, b)
		s.look("the name of a file", []byte(path[len(dir):]))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// database scans every key and value in the folder's database, before they are compressed.
func (s *scanner) database(t *testing.T, dir string) (pairs int) {
	t.Helper()
	db, err := kv.Open(filepath.Join(dir, "cloud"), kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Scan(kv.Range{}, func(key, value []byte) error {
		pairs++
		s.look(fmt.Sprintf("key %.40q", key), key)
		s.look(fmt.Sprintf("value of %.40q", key), value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}
