package templates

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Catalog is every sentence of the product in one language, by key. Sentences hold {0}, {1}… where something is put in.
type Catalog struct {
	lang string
	text map[string]string
}

// LoadCatalog reads all files of a language, as in text/en/*.json, from a tree. A key that occurs twice is an error.
func LoadCatalog(files fs.FS, lang string) (*Catalog, error) {
	names, err := fs.Glob(files, path.Join("text", lang, "*.json"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("templates: no words in %q: %w", lang, fs.ErrNotExist)
	}
	c := &Catalog{lang: lang, text: map[string]string{}}
	for _, name := range names {
		if err := c.add(files, name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Catalog) add(files fs.FS, name string) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("templates: %s: %w", name, err)
	}
	var part map[string]string
	if err := json.Unmarshal(data, &part); err != nil {
		return fmt.Errorf("templates: %s: %w", name, err)
	}
	for key, text := range part {
		if _, twice := c.text[key]; twice {
			return fmt.Errorf("templates: %s: the key %q is there twice", name, key)
		}
		c.text[key] = text
	}
	return nil
}

// Lang is the language tag of the catalog.
func (c *Catalog) Lang() string { return c.lang }

// Has reports whether the catalog has the key.
func (c *Catalog) Has(key string) bool { _, ok := c.text[key]; return ok }

// Keys are all keys, sorted.
func (c *Catalog) Keys() []string { return slices.Sorted(maps.Keys(c.text)) }

// T is the sentence of a key with args put in. A missing key shows as the key itself, which a test finds.
func (c *Catalog) T(key string, args ...any) string {
	text, ok := c.text[key]
	if !ok {
		return key
	}
	return fill(text, args)
}

// N is the sentence for a number of things: key.one or key.other. {0} is the number, further args follow.
func (c *Catalog) N(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return c.T(key+form, append([]any{n}, args...)...)
}

// fill puts args in one pass, so that an argument that looks like a placeholder stays what it is.
func fill(text string, args []any) string {
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", fmt.Sprint(arg))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
