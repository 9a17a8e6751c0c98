package lock

// breakCircles makes owners give way until w waits in no cycle. Only a new waiter can close a cycle, so looking from w
// is enough.
func (t *Table) breakCircles(w *waiter) {
	for w.owner.waiting == w {
		circle := findCircle(w)
		if circle == nil {
			return
		}
		victim := circle[0]
		for _, o := range circle[1:] {
			if givesWayBefore(o, victim) {
				victim = o
			}
		}
		loser := victim.waiting
		t.drop(loser)
		loser.finish(ErrDeadlock)
	}
}

func givesWayBefore(a, b *Owner) bool {
	if a.Yields != b.Yields {
		return a.Yields
	}
	return a.Age > b.Age
}

// findCircle returns the owners of a cycle of waits that goes through w, or nil.
func findCircle(w *waiter) []*Owner {
	seen := map[*Owner]bool{}
	var path []*Owner
	var visit func(o *Owner) bool
	visit = func(o *Owner) bool {
		if o.waiting == nil || seen[o] {
			return false
		}
		seen[o] = true
		path = append(path, o)
		for _, next := range waitsFor(o.waiting) {
			if next == w.owner || visit(next) {
				return true
			}
		}
		path = path[:len(path)-1]
		return false
	}
	if visit(w.owner) {
		return path
	}
	return nil
}

// waitsFor lists whom a waiter waits for: holders whose mode is incompatible, and everyone before it in the queue.
func waitsFor(w *waiter) []*Owner {
	var out []*Owner
	for _, h := range w.entry.holders {
		if h.owner != w.owner && !compatible(h.mode, w.mode) {
			out = append(out, h.owner)
		}
	}
	for _, q := range w.entry.queue {
		if q == w {
			break
		}
		out = append(out, q.owner)
	}
	return out
}
