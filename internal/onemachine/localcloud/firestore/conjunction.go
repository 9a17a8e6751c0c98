package firestore

import (
	"bytes"
	"math"
	"slices"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

var nanValue = math.NaN()

// term is a condition that an index can begin with: a field equal to a value, or an array that contains it.
type term struct {
	field    resource.Field
	contains bool
	value    []byte
}

// conjunction is one alternative of a query, prepared: the terms, the ranges of the other fields, and what is left of
// the sort order when the fields that terms fix are removed.
type conjunction struct {
	*query
	terms  []term
	ranges map[string][]interval // by path; the name's are whole paths
	suffix []ordering
	number []byte // of the collection
	empty  bool   // nothing can match
}

func (q *query) conjunction(filters []filter) *conjunction {
	c := &conjunction{query: q, ranges: map[string][]interval{}}
	for _, f := range filters {
		c.add(f)
	}
	c.scope()
	c.fixRanges()
	for _, o := range q.orders {
		if c.fixed(o.field.Text) == nil {
			c.suffix = append(c.suffix, o)
		}
	}
	return c
}

func (c *conjunction) add(f filter) {
	switch {
	case f.equality() && len(f.values) == 0:
		c.empty = true
		if !f.field.IsName() {
			c.addTerm(term{f.field, f.op == contains, nil})
		}
	case f.field.IsName():
		c.addName(f)
	case f.equality():
		c.addTerm(term{f.field, f.op == contains, indexed(f.values[0])})
	default:
		c.restrict(f.field.Text, f.intervals())
	}
}

// addTerm keeps one term of a kind for each field. Two values for one field contradict each other.
func (c *conjunction) addTerm(t term) {
	for _, old := range c.terms {
		if old.field.Text == t.field.Text && old.contains == t.contains {
			c.empty = c.empty || !bytes.Equal(old.value, t.value)
			return
		}
	}
	c.terms = append(c.terms, t)
}

func (c *conjunction) restrict(path string, list []interval) {
	if old, ok := c.ranges[path]; ok {
		list = intersect(old, list)
	}
	c.ranges[path] = list
	c.empty = c.empty || len(list) == 0
}

// intervals are the encodings that satisfy a condition other than equality.
func (f filter) intervals() []interval {
	if f.op == except {
		out := []interval{{lo: order.AfterNull()}}
		for _, v := range f.values {
			out = without(out, point(indexed(v)))
		}
		return out
	}
	if len(f.values) == 0 {
		return nil
	}
	lo, hi := order.Bracket(f.values[0])
	at := point(indexed(f.values[0]))
	return f.cut(interval{lo, hi}, at)
}

// cut returns the part of all that a comparison with the point at lets through.
func (f filter) cut(all, at interval) []interval {
	switch f.op {
	case equal:
		return []interval{at}
	case less:
		all.hi = at.lo
	case lessEqual:
		all.hi = at.hi
	case greater:
		all.lo = at.hi
	case greaterEqual:
		all.lo = at.lo
	}
	if all.empty() {
		return nil
	}
	return []interval{all}
}

// addName restricts the document's name.
func (c *conjunction) addName(f filter) {
	if f.op == except {
		list := everything
		for _, v := range f.values {
			if path, ok := c.namePath(v); ok {
				list = without(list, point(path))
			}
		}
		c.restrict(resource.NameField, list)
		return
	}
	path, ok := c.namePath(f.values[0])
	if !ok {
		c.empty = true
		return
	}
	c.restrict(resource.NameField, f.cut(interval{}, point(path)))
}

// scope restricts a query over a collection group to what is below its parent.
func (c *conjunction) scope() {
	if c.all && len(c.parent.Segments) > 0 {
		parent := resource.AppendPath(nil, c.parent.Segments)
		below := interval{lo: append(parent, resource.End+1), hi: kv.PrefixEnd(parent)}
		c.restrict(resource.NameField, []interval{below})
	}
}

// fixed returns the term that gives a field one value, or nil.
func (c *conjunction) fixed(path string) *term {
	i := slices.IndexFunc(c.terms, func(t term) bool { return !t.contains && t.field.Text == path })
	if i < 0 {
		return nil
	}
	return &c.terms[i]
}

// fixRanges checks ranges of fields that have one value; they are not in the suffix.
func (c *conjunction) fixRanges() {
	for path, list := range c.ranges {
		if t := c.fixed(path); t != nil {
			c.empty = c.empty || !covers(list, t.value)
			delete(c.ranges, path)
		}
	}
}

// rangesOf returns the intervals of one field of the suffix as they are in the keys of an index, in ascending encoding.
func (c *conjunction) rangesOf(o ordering) []interval {
	list, ok := c.ranges[o.field.Text]
	if !ok {
		return everything
	}
	if !o.field.IsName() || c.all {
		return list
	}
	return stripAll(list, c.collection())
}

// stripAll turns intervals of whole paths into intervals of what follows the collection's path.
func stripAll(list []interval, collection []byte) []interval {
	var out []interval
	for _, i := range list {
		i = intersectOne(i, point(collection))
		if i.empty() {
			continue
		}
		i.lo = i.lo[len(collection):]
		if i.hi = trimEnd(i.hi, collection); i.empty() {
			continue
		}
		out = append(out, i)
	}
	return out
}

func intersectOne(a, b interval) interval {
	return interval{lo: maxBytes(a.lo, b.lo), hi: minEnd(a.hi, b.hi)}
}

// trimEnd removes the prefix from an end; an end after everything with the prefix becomes no end.
func trimEnd(hi, prefix []byte) []byte {
	if rest, ok := bytes.CutPrefix(hi, prefix); ok {
		return rest
	}
	return nil
}
