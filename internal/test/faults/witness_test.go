package faults

import (
	"fmt"
	"net/http"
	"sync"
)

// witness is told by the instances when a job begins and ends, and provides the keys of pushes.
type witness struct {
	keys func() []byte

	mu    sync.Mutex
	runs  map[string]string // job → who runs it now
	ended map[string]int
	by    map[string]string // job → who ended it
	began int
	steps int             // everything it was told
	dead  map[string]bool // instances that were killed: nobody runs what they ran
	wrong []string
}

func newWitness(keys func() []byte) *witness {
	return &witness{keys: keys, runs: map[string]string{}, ended: map[string]int{}, by: map[string]string{},
		dead: map[string]bool{}}
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/keys" {
		rw.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = rw.Write(w.keys())
		return
	}
	w.hear(r.FormValue("what"), r.FormValue("job"), r.FormValue("by"))
}

func (w *witness) hear(what, job, by string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	switch other, running := w.runs[job]; {
	case what == "end":
		delete(w.runs, job)
		w.ended[job]++
		w.by[job] = by
	case w.ended[job] == 1 && w.dead[w.by[job]]: // killed after its work and before it could record it
		w.ended[job] = 0
		w.runs[job] = by
		w.began++
	case w.ended[job] > 0:
		w.wrong = append(w.wrong, fmt.Sprintf("job %s ran again on %s after it had ended", job, by))
	case running && !w.dead[other]:
		w.wrong = append(w.wrong, fmt.Sprintf("job %s runs on %s and on %s", job, other, by))
	default:
		w.runs[job] = by
		w.began++
	}
}

// running is the number of jobs that an instance is running.
func (w *witness) running(by string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, who := range w.runs {
		if who == by {
			n++
		}
	}
	return n
}

// pace is how many steps were reported so far, and whether a living instance is running a job.
func (w *witness) pace() (steps int, busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, who := range w.runs {
		busy = busy || !w.dead[who]
	}
	return w.steps, busy
}

func (w *witness) buried(by string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead[by] = true
}

// account says how many of the jobs have ended, and what went wrong.
func (w *witness) account(jobs []string) (ended int, wrong []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong = append(wrong, w.wrong...)
	for _, id := range jobs {
		switch n := w.ended[id]; {
		case n == 1:
			ended++
		case n > 1:
			wrong = append(wrong, fmt.Sprintf("job %s ended %d times", id, n))
		}
	}
	return ended, wrong
}
