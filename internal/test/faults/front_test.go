package faults

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// wanted is the header by which a test chooses an instance.
const wanted = "X-Proof-Instance"

// front stands in front of the instances as Cloud Run does: it passes each request to a living instance, and answers
// 503 for one that died during it.
type front struct {
	mu        sync.Mutex
	instances []*instance
	next      int
}

func (f *front) pick(r *http.Request) *instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	tasks := strings.HasPrefix(r.URL.Path, "/push/")
	var fit []*instance
	for _, i := range f.instances {
		if name := r.Header.Get(wanted); (name == i.spec.Name || name == "" && !i.hidden) &&
			tasks == (i.spec.Role == "tasks") {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	f.next++
	return fit[f.next%len(fit)]
}

func (f *front) add(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = append(f.instances, i)
}

func (f *front) drop(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = slices.DeleteFunc(f.instances, func(other *instance) bool { return other == i })
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i := f.pick(r)
	if i == nil {
		http.Error(w, "no instance", http.StatusServiceUnavailable)
		return
	}
	proxy := httputil.ReverseProxy{
		Transport: i.http,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: i.addr})
			p.Out.Host = p.In.Host
			p.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the instance is gone", http.StatusServiceUnavailable)
		},
	}
	proxy.ServeHTTP(w, r)
}
