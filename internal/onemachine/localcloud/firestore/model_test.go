package firestore_test

// An evaluator of queries that shares nothing with the server: it filters and sorts Go values in memory.

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"google.golang.org/genproto/googleapis/type/latlng"
)

// rank is the place of a value's type in the order of all values.
func rank(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case float64:
		if math.IsNaN(v) {
			return 2
		}
		return 3
	case int64:
		return 3
	case time.Time:
		return 4
	case string:
		return 5
	case []byte:
		return 6
	case *gcfs.DocumentRef:
		return 7
	case *latlng.LatLng:
		return 8
	case []any:
		return 9
	case map[string]any:
		return 11
	}
	panic("unknown type")
}

func compareValues(a, b any) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch x := a.(type) {
	case bool:
		return cmp.Compare(map[bool]int{true: 1}[x], map[bool]int{true: 1}[b.(bool)])
	case float64, int64:
		if rank(a) == 2 {
			return 0
		}
		return exact(a).Cmp(exact(b))
	case time.Time:
		return x.Compare(b.(time.Time))
	case string:
		return strings.Compare(x, b.(string))
	case []byte:
		return bytes.Compare(x, b.([]byte))
	case *gcfs.DocumentRef:
		return comparePaths(shortPath(x), shortPath(b.(*gcfs.DocumentRef)))
	case *latlng.LatLng:
		y := b.(*latlng.LatLng)
		return cmp.Or(cmp.Compare(x.Latitude, y.Latitude), cmp.Compare(x.Longitude, y.Longitude))
	case []any:
		return slices.CompareFunc(x, b.([]any), compareValues)
	case map[string]any:
		return compareMaps(x, b.(map[string]any))
	}
	return 0
}

func exact(v any) *big.Float {
	if i, ok := v.(int64); ok {
		return new(big.Float).SetInt64(i)
	}
	return big.NewFloat(v.(float64))
}

func compareMaps(a, b map[string]any) int {
	x, y := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))
	for i := range min(len(x), len(y)) {
		if c := cmp.Or(strings.Compare(x[i], y[i]), compareValues(a[x[i]], b[y[i]])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

func comparePaths(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "/"), strings.Split(b, "/"), func(x, y string) int {
		n, xNumber := idNumber(x)
		m, yNumber := idNumber(y)
		switch {
		case xNumber && yNumber:
			return cmp.Compare(n, m)
		case xNumber:
			return -1
		case yNumber:
			return 1
		}
		return strings.Compare(x, y)
	})
}

func idNumber(s string) (int64, bool) {
	if !strings.HasPrefix(s, "__id") || !strings.HasSuffix(s, "__") {
		return 0, false
	}
	n, err := strconv.ParseInt(s[4:len(s)-2], 10, 64)
	return n, err == nil
}

// modelDoc is a document of the model: its path below the database and its fields.
type modelDoc struct {
	path   string
	fields map[string]any
}

func (d modelDoc) get(path string) (any, bool) {
	if path == gcfs.DocumentID {
		return &gcfs.DocumentRef{Path: d.path}, true
	}
	var at any = d.fields
	for name := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[name]; !ok {
			return nil, false
		}
	}
	return at, true
}

// condition is a tree: a leaf with an operator, or an "and" or "or" of parts.
type condition struct {
	path, op string
	value    any
	parts    []condition
}

func (c condition) matches(d modelDoc) bool {
	switch c.op {
	case "and":
		return !slices.ContainsFunc(c.parts, func(p condition) bool { return !p.matches(d) })
	case "or":
		return slices.ContainsFunc(c.parts, func(p condition) bool { return p.matches(d) })
	}
	v, ok := d.get(c.path)
	return ok && passes(v, c.op, c.value)
}

func passes(v any, op string, operand any) bool {
	comparable := rank(v) == rank(operand) && operand != nil && rank(operand) != 2
	order := compareValues(v, operand)
	switch op {
	case "==":
		return order == 0
	case "!=":
		return v != nil && order != 0
	case "<":
		return comparable && order < 0
	case "<=":
		return comparable && order <= 0
	case ">":
		return comparable && order > 0
	case ">=":
		return comparable && order >= 0
	case "in":
		return slices.ContainsFunc(operand.([]any), func(o any) bool {
			return o != nil && rank(o) != 2 && compareValues(v, o) == 0
		})
	case "not-in":
		list := operand.([]any) // NaN is excluded by an operator of its own
		return v != nil && !slices.ContainsFunc(list, func(o any) bool {
			return o == nil || rank(o) != 2 && compareValues(v, o) == 0
		})
	case "array-contains":
		return hasElement(v, operand)
	case "array-contains-any":
		return slices.ContainsFunc(operand.([]any), func(o any) bool { return hasElement(v, o) })
	}
	panic(op)
}

func hasElement(v, operand any) bool {
	list, _ := v.([]any)
	if operand == nil || rank(operand) == 9 {
		return false
	}
	return slices.ContainsFunc(list, func(e any) bool { return compareValues(e, operand) == 0 })
}

// inequalities lists the fields that order a query although it does not say so.
func (c condition) inequalities() []string {
	var out []string
	for _, p := range c.parts {
		out = append(out, p.inequalities()...)
	}
	switch c.op {
	case "not-in": // nothing but null is not an inequality
		if slices.ContainsFunc(c.value.([]any), func(v any) bool { return v != nil }) {
			out = append(out, c.path)
		}
	case "<", "<=", ">", ">=", "!=":
		out = append(out, c.path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// excluders counts the operators of which a query can have one.
func (c condition) count(ops ...string) int {
	n := 0
	if slices.Contains(ops, c.op) {
		n++
	}
	for _, p := range c.parts {
		n += p.count(ops...)
	}
	return n
}

type sortKey struct {
	path string
	desc bool
}

// spec is a query.
type spec struct {
	collection string // path; of a group: its id
	group      bool
	where      *condition
	orders     []sortKey
	start, end []any
	startAfter bool
	endBefore  bool
	offset     int
	limit      int // 0 for none
}

func (s spec) fullOrder() []sortKey {
	out := slices.Clone(s.orders)
	desc := len(out) > 0 && out[len(out)-1].desc
	has := func(p string) bool { return slices.ContainsFunc(out, func(k sortKey) bool { return k.path == p }) }
	if has(gcfs.DocumentID) {
		return out
	}
	if s.where != nil {
		for _, p := range s.where.inequalities() {
			if !has(p) && p != gcfs.DocumentID {
				out = append(out, sortKey{p, desc})
			}
		}
	}
	return append(out, sortKey{"__name__", desc})
}

// run evaluates the query.
func (s spec) run(docs map[string]modelDoc) []string {
	order := s.fullOrder()
	var found []modelDoc
	for _, d := range docs {
		if s.inside(d) && (s.where == nil || s.where.matches(d)) && hasAll(d, order) && s.between(d) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b modelDoc) int {
		for _, k := range order {
			if c := compareBy(k, a, b); c != 0 {
				return c
			}
		}
		return 0
	})
	found = found[min(s.offset, len(found)):]
	if s.limit > 0 {
		found = found[:min(s.limit, len(found))]
	}
	out := []string{}
	for _, d := range found {
		out = append(out, d.path)
	}
	return out
}

func (s spec) inside(d modelDoc) bool {
	parts := strings.Split(d.path, "/")
	if s.group {
		return parts[len(parts)-2] == s.collection
	}
	return strings.Join(parts[:len(parts)-1], "/") == s.collection
}

func hasAll(d modelDoc, order []sortKey) bool {
	for _, k := range order {
		if _, ok := d.get(k.path); !ok {
			return false
		}
	}
	return true
}

func compareBy(k sortKey, a, b modelDoc) int {
	var c int
	if k.path == "__name__" {
		c = comparePaths(a.path, b.path)
	} else {
		x, _ := a.get(k.path)
		y, _ := b.get(k.path)
		c = compareValues(x, y)
	}
	if k.desc {
		return -c
	}
	return c
}

// between tests the cursors.
func (s spec) between(d modelDoc) bool {
	if s.start != nil {
		c := s.beside(d, s.start)
		if c < 0 || c == 0 && s.startAfter {
			return false
		}
	}
	if s.end != nil {
		c := s.beside(d, s.end)
		if c > 0 || c == 0 && s.endBefore {
			return false
		}
	}
	return true
}

// beside compares a document with a cursor.
func (s spec) beside(d modelDoc, cursor []any) int {
	for i, v := range cursor {
		x, _ := d.get(s.orders[i].path)
		c := compareValues(x, v)
		if s.orders[i].desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
