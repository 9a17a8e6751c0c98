package firestore

import (
	"encoding/base64"
	"slices"

	"google.golang.org/protobuf/proto"
)

// access is one index and the place in it: the keys that begin with prefix continue with the suffix of the conjunction,
// forwards or, where an ascending index serves a descending order, backwards.
type access struct {
	prefix  []byte
	reverse bool
	docs    bool // the prefix is that of the documents themselves
}

// candidate is an index that may be used: it begins with some of the terms and continues with the whole suffix.
type candidate struct {
	terms  []int // of the conjunction, in the index's order
	access access
}

// plan chooses indexes that together begin with all terms. Each continues with the same suffix, so that they can be
// walked in parallel. Like Google it refuses a query that no declared or automatic indexes serve.
func (c *conjunction) plan() ([]access, error) {
	candidates, err := c.candidates()
	if err != nil {
		return nil, err
	}
	if len(c.terms) == 0 {
		for _, k := range candidates {
			if len(k.terms) == 0 {
				return []access{k.access}, nil
			}
		}
		return nil, c.missingIndex()
	}
	var out []access
	open := len(c.terms)
	covered := make([]bool, open)
	for open > 0 {
		best, gain := -1, 0
		for i, k := range candidates {
			if g := gains(k, covered); g > gain {
				best, gain = i, g
			}
		}
		if best < 0 {
			return nil, c.missingIndex()
		}
		for _, t := range candidates[best].terms {
			covered[t] = true
		}
		open -= gain
		out = append(out, candidates[best].access)
	}
	return out, nil
}

func gains(k candidate, covered []bool) int {
	n := 0
	for _, t := range k.terms {
		if !covered[t] {
			n++
		}
	}
	return n
}

func (c *conjunction) candidates() ([]candidate, error) {
	g := c.database.schema.of(c.group)
	base, err := c.database.findGroup(c.group)
	if err != nil {
		return nil, err
	}
	if c.number, err = c.database.findCollection(c.collection()); err != nil {
		return nil, err
	}
	var out []candidate
	for _, i := range g.composites {
		if k, ok := c.composite(i, base); ok {
			out = append(out, k)
		}
	}
	for i, t := range c.terms {
		if k, ok := c.single(g, base, i, t); ok {
			out = append(out, k)
		}
	}
	return append(out, c.whole(g, base)...), nil
}

// place ends a prefix: a collection's index goes on with the number of the collection.
func (c *conjunction) place(prefix []byte) []byte {
	if c.all {
		return prefix
	}
	return append(prefix, c.number...)
}

// composite tells whether a composite index begins with terms and goes on with the suffix.
func (c *conjunction) composite(i *composite, base []byte) (candidate, bool) {
	heads := len(i.fields) + 1 - len(c.suffix)
	if i.GroupScope != c.all || heads < 0 {
		return candidate{}, false
	}
	for n, o := range c.suffix[:len(c.suffix)-1] {
		f := i.Fields[heads+n]
		if f.Mode == Contains || i.fields[heads+n].Text != o.field.Text || (f.Mode == Descending) != o.desc {
			return candidate{}, false
		}
	}
	if i.nameDesc != c.suffix[len(c.suffix)-1].desc {
		return candidate{}, false
	}
	k := candidate{access: access{prefix: c.place(compositeKey(base, i.ID))}}
	for n, f := range i.fields[:heads] {
		t := c.find(f.Text, i.Fields[n].Mode == Contains)
		if t < 0 || slices.Contains(k.terms, t) {
			return candidate{}, false
		}
		k.terms = append(k.terms, t)
		k.access.prefix = appendDirected(k.access.prefix, c.terms[t].value, i.Fields[n].Mode == Descending)
	}
	return k, true
}

func appendDirected(dst, value []byte, desc bool) []byte {
	from := len(dst)
	dst = append(dst, value...)
	if desc {
		invert(dst[from:])
	}
	return dst
}

func (c *conjunction) find(path string, contains bool) int {
	return slices.IndexFunc(c.terms, func(t term) bool { return t.contains == contains && t.field.Text == path })
}

// single tells whether the automatic index of a term's field serves the term: when the rest of the order is the name,
// ascending; or descending when the query itself orders by the field, downwards.
func (c *conjunction) single(g *group, base []byte, i int, t term) (candidate, bool) {
	if len(c.suffix) != 1 {
		return candidate{}, false
	}
	desc := c.suffix[0].desc
	if desc && (t.contains || !slices.ContainsFunc(c.orders[:c.explicit], func(o ordering) bool {
		return o.field.Text == t.field.Text
	})) {
		return candidate{}, false
	}
	r := g.ruleOf(t.field)
	allowed, kind := r.ordered(), byte(indexOrdered)
	switch {
	case c.all && t.contains:
		allowed, kind = r.allContains, indexAllContains
	case c.all:
		allowed, kind = r.allOrdered(), indexAllOrdered
	case t.contains:
		allowed, kind = r.contains, indexContains
	}
	prefix := append(c.place(fieldKey(base, kind, t.field.Segments)), t.value...)
	return candidate{terms: []int{i}, access: access{prefix: prefix, reverse: desc}}, allowed
}

// whole lists the accesses that begin with no term: the documents by name, and one field in order.
func (c *conjunction) whole(g *group, base []byte) []candidate {
	first := c.suffix[0]
	switch {
	case len(c.suffix) == 1 && first.desc:
		return nil // Google has no descending order of names without an index
	case len(c.suffix) == 1 && c.all:
		return []candidate{{access: access{prefix: append(base, indexMembers)}}}
	case len(c.suffix) == 1:
		return []candidate{{access: access{prefix: collectionKey(c.database.id, c.collection()), docs: true}}}
	case len(c.suffix) > 2 || first.desc != c.suffix[1].desc:
		return nil
	}
	r := g.ruleOf(first.field)
	up, down, kind := r.asc, r.desc, byte(indexOrdered)
	if c.all {
		up, down, kind = r.allAsc, r.allDesc, indexAllOrdered
	}
	if first.desc && !down || !first.desc && !up {
		return nil
	}
	prefix := c.place(fieldKey(base, kind, first.field.Segments))
	return []candidate{{access: access{prefix: prefix, reverse: first.desc}}}
}

// missingIndex is Google's refusal, with the index that would help.
func (c *conjunction) missingIndex() error {
	i := c.wanted()
	project, id := splitName(c.database.name)
	index := indexProto(c.database.name, i)
	index.Name = collectionName(c.database.name, i.Collection) + "/indexes/_"
	data, err := proto.Marshal(index)
	if err != nil {
		return err
	}
	link := "https://console.firebase.google.com/v1/r/project/" + project + "/firestore/databases/" + id +
		"/indexes?create_composite=" + base64.RawURLEncoding.EncodeToString(data)
	if id == "(default)" {
		link = "https://console.firebase.google.com/v1/r/project/" + project + "/firestore/indexes?create_composite=" +
			base64.RawURLEncoding.EncodeToString(data)
	}
	return precondition("The query requires an index. You can create it here: %s (%s)", link, i)
}

// wanted is the index that would serve the conjunction alone.
func (c *conjunction) wanted() Index {
	i := Index{Collection: c.group, GroupScope: c.all}
	for _, t := range c.terms {
		f := IndexField{Path: t.field.Text, Mode: Ascending}
		if t.contains {
			f.Mode = Contains
		}
		i.Fields = append(i.Fields, f)
	}
	for _, o := range c.suffix {
		f := IndexField{Path: o.field.Text, Mode: Ascending}
		if o.desc {
			f.Mode = Descending
		}
		i.Fields = append(i.Fields, f)
	}
	return i
}
