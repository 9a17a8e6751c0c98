package firestore_test

// Random documents and queries, the same for every test that needs them.

import (
	"fmt"
	"math"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"google.golang.org/genproto/googleapis/type/latlng"
)

// choose picks a number below n.
type choose func(n int) int

func (c choose) chance(percent int) bool { return c(100) >= 100-percent }

func pick[T any](c choose, list ...T) T { return list[c(len(list))] }

// simple makes a value from a small set, so that equal and neighbouring values are frequent.
func (c choose) simple(ref func(string) *gcfs.DocumentRef) any {
	switch c(12) {
	case 0:
		return nil
	case 1:
		return c(2) == 0
	case 2:
		return pick(c, math.NaN(), math.Inf(1), math.Inf(-1), 1.5, math.Copysign(0, -1))
	case 3:
		return pick[any](c, int64(1<<53+1), float64(1<<53), int64(math.MaxInt64), int64(math.MinInt64), float64(1<<63),
			1.0)
	case 4:
		return time.Unix(int64(c(3)-1), int64(c(2))*1000).UTC()
	case 5:
		return pick(c, []byte{}, []byte{0}, []byte{0, 1}, []byte{255}, []byte("a"))
	case 6:
		return ref(pick(c, "c/__id9__", "c/__id10__", "c/d1", "c/d1/s/x", "c/d10"))
	case 7:
		return &latlng.LatLng{Latitude: float64(c(2)), Longitude: float64(c(3) - 1)}
	case 8, 9:
		return pick(c, "", "a", "a\x00", "a\x00b", "ab", "b", "\uffff", "😀")
	}
	return int64(c(5) - 1)
}

func (c choose) value(ref func(string) *gcfs.DocumentRef) any {
	switch c(10) {
	case 0, 1:
		list := []any{}
		for range c(4) {
			list = append(list, c.simple(ref))
		}
		return list
	case 2:
		m := map[string]any{}
		for range c(3) {
			m[pick(c, "x", "y", "é")] = c.simple(ref)
		}
		return m
	}
	return c.simple(ref)
}

// fields makes the content of a document.
func (c choose) fields(ref func(string) *gcfs.DocumentRef) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"a", "b", "l"} {
		if !c.chance(80) {
			continue
		}
		if out[name] = c.value(ref); name == "l" && c.chance(80) {
			out[name] = []any{int64(c(3)), pick[any](c, "a", "b", nil, 1.0)}
		}
	}
	if c.chance(60) {
		out["m"] = map[string]any{"x": c.simple(ref), "y": int64(c(3))}
	}
	out["k"] = int64(c(3))
	return out
}

// path names a document: in a collection, in one below a document, or in one of the same name elsewhere.
func (c choose) path() string {
	id := pick(c, "__id9__", "__id10__", "d1", "d10", "d2", "é", "x y", fmt.Sprint("n", c(30)))
	return pick(c, "c/", "c/", "c/", "c/d1/s/", "c/d2/s/", "z/q/c/") + id
}

// named makes a condition on the name of documents.
func (c choose) named(ref func(string) *gcfs.DocumentRef) condition {
	op := pick(c, "==", "<", "<=", ">", ">=", "!=", "in", "not-in")
	one := func() any {
		return ref(pick(c, "c/__id9__", "c/__id10__", "c/d1", "c/d10", "c/é", "c/d1/s/d2", "z/q/c/d1", "b/x", "d/x"))
	}
	if op == "in" || op == "not-in" {
		return condition{path: gcfs.DocumentID, op: op, value: []any{one(), one()}}
	}
	return condition{path: gcfs.DocumentID, op: op, value: one()}
}

func (c choose) leaf(ref func(string) *gcfs.DocumentRef) condition {
	if c.chance(12) {
		return c.named(ref)
	}
	field := pick(c, "a", "b", "k", "k", "l", "m", "m.x", "m.y")
	switch op := pick(c, "==", "==", "==", "<", "<=", ">", ">=", "!=", "in", "not-in", "array-contains",
		"array-contains-any"); op {
	case "in", "not-in", "array-contains-any":
		list := []any{}
		for range 1 + c(3) {
			list = append(list, c.operand(field, ref))
		}
		return condition{path: field, op: op, value: list}
	case "<", "<=", ">", ">=", "array-contains":
		v := c.operand(field, ref)
		if v == nil || rank(v) == 2 { // the client refuses them
			v = "a"
		}
		return condition{path: field, op: op, value: v}
	default:
		return condition{path: field, op: op, value: c.operand(field, ref)}
	}
}

func (c choose) operand(field string, ref func(string) *gcfs.DocumentRef) any {
	switch field {
	case gcfs.DocumentID:
		return ref(pick(c, "c/__id10__", "c/d1", "c/é"))
	case "k", "m.y":
		return int64(c(3))
	case "l":
		return pick[any](c, int64(c(3)), "a", c.value(ref))
	}
	return c.value(ref)
}

// where makes a condition that the official client and Google accept: one exclusion, one array filter, no not-in
// together with or.
func (c choose) where(ref func(string) *gcfs.DocumentRef) *condition {
	for {
		out := c.condition(ref, 2)
		exclusions := out.count("!=", "not-in")
		arrays := out.count("array-contains", "array-contains-any")
		if exclusions > 1 || arrays > 1 || out.count("not-in") > 0 && out.count("in", "array-contains-any", "or") > 0 ||
			out.alternatives() > 30 {
			continue
		}
		return &out
	}
}

// alternatives is how many there are when "or" is outermost.
func (c condition) alternatives() int {
	n := 1
	switch c.op {
	case "or":
		n = 0
	case "in", "array-contains-any":
		n = len(c.value.([]any))
	}
	for _, p := range c.parts {
		if c.op == "or" {
			n += p.alternatives()
		} else {
			n *= p.alternatives()
		}
	}
	return n
}

func (c choose) condition(ref func(string) *gcfs.DocumentRef, depth int) condition {
	if depth == 0 || c.chance(40) {
		return c.leaf(ref)
	}
	out := condition{op: pick(c, "and", "and", "or")}
	for range 2 + c(2) {
		out.parts = append(out.parts, c.condition(ref, depth-1))
	}
	return out
}

func (c choose) spec(ref func(string) *gcfs.DocumentRef) spec {
	s := spec{collection: pick(c, "c", "c", "c", "c/d1/s")}
	if c.chance(30) {
		s.collection, s.group = pick(c, "c", "s"), true
	}
	if c.chance(80) {
		s.where = c.where(ref)
	}
	for range c(3) {
		k := sortKey{pick(c, "a", "b", "k", "l", "m", "m.x", "m.y"), c.chance(40)}
		if len(s.orders) == 0 || s.orders[0].path != k.path {
			s.orders = append(s.orders, k)
		}
	}
	if c.chance(10) {
		s.orders = append(s.orders, sortKey{gcfs.DocumentID, len(s.orders) > 0 && s.orders[len(s.orders)-1].desc})
	}
	if c.chance(30) {
		s.start, s.startAfter = c.cursor(s.orders, ref), c.chance(50)
	}
	if c.chance(30) {
		s.end, s.endBefore = c.cursor(s.orders, ref), c.chance(50)
	}
	if c.chance(30) {
		s.offset = c(4)
	}
	if c.chance(40) {
		s.limit = 1 + c(8)
	}
	return s
}

func (c choose) cursor(orders []sortKey, ref func(string) *gcfs.DocumentRef) []any {
	if len(orders) == 0 {
		return nil
	}
	var out []any
	for _, k := range orders {
		out = append(out, c.operand(k.path, ref))
	}
	return out
}

// query writes the spec for the official client.
func (s spec) query(client *gcfs.Client) gcfs.Query {
	var q gcfs.Query
	if s.group {
		q = client.CollectionGroup(s.collection).Query
	} else {
		q = client.Collection(s.collection).Query
	}
	if s.where != nil {
		q = q.WhereEntity(s.where.filter(client))
	}
	for _, k := range s.orders {
		q = q.OrderBy(k.path, map[bool]gcfs.Direction{true: gcfs.Desc, false: gcfs.Asc}[k.desc])
	}
	switch start := rebind(client, s.start); {
	case start == nil:
	case s.startAfter:
		q = q.StartAfter(start.([]any)...)
	default:
		q = q.StartAt(start.([]any)...)
	}
	switch end := rebind(client, s.end); {
	case end == nil:
	case s.endBefore:
		q = q.EndBefore(end.([]any)...)
	default:
		q = q.EndAt(end.([]any)...)
	}
	if s.offset > 0 {
		q = q.Offset(s.offset)
	}
	if s.limit > 0 {
		q = q.Limit(s.limit)
	}
	return q
}

func (c condition) filter(client *gcfs.Client) gcfs.EntityFilter {
	var parts []gcfs.EntityFilter
	for _, p := range c.parts {
		parts = append(parts, p.filter(client))
	}
	switch c.op {
	case "and":
		return gcfs.AndFilter{Filters: parts}
	case "or":
		return gcfs.OrFilter{Filters: parts}
	}
	return gcfs.PropertyFilter{Path: c.path, Operator: c.op, Value: rebind(client, c.value)}
}

// rebind gives references to the client that will send them.
func rebind(client *gcfs.Client, v any) any {
	switch v := v.(type) {
	case *gcfs.DocumentRef:
		return client.Doc(shortPath(v))
	case []any:
		if v == nil {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = rebind(client, v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = rebind(client, v[k])
		}
		return out
	}
	return v
}

func shortPath(ref *gcfs.DocumentRef) string {
	const mark = "/documents/"
	for i := range ref.Path {
		if len(ref.Path) > i+len(mark) && ref.Path[i:i+len(mark)] == mark {
			return ref.Path[i+len(mark):]
		}
	}
	return ref.Path
}
