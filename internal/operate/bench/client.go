package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"
)

// client sends requests over kept-alive connections.
type client struct{ http *http.Client }

func newClient(concurrency int) *client {
	return &client{&http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: concurrency, MaxIdleConns: 2 * concurrency, DisableCompression: true,
	}}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// result is what one run found.
type result struct {
	took   []time.Duration // sorted
	bytes  int64
	served int64
	failed int64
	time   time.Duration
	cpu    time.Duration // of the whole process: service, its cloud and this client
	first  error         // of those that failed
}

func (r *result) rate() float64 { return float64(r.served) / r.time.Seconds() }

// cost is the processor time of one request.
func (r *result) cost() time.Duration { return r.cpu / time.Duration(max(1, r.served)) }

func (r *result) size() int { return int(r.bytes / max(1, r.served)) }

func (r *result) percentile(p int) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[min(len(r.took)-1, len(r.took)*p/100)]
}

// run sends requests from several workers until the time is up. It fails if more than one in a hundred was not answered
// as wanted.
func (c *client) run(ctx context.Context, op operation, seed uint64, workers int, length time.Duration) (*result,
	error) {
	parts := make([]result, workers)
	began, spent := time.Now(), cpuTime()
	var all sync.WaitGroup
	for i := range parts {
		all.Add(1)
		go func() {
			defer all.Done()
			r := rand.New(rand.NewPCG(seed, uint64(i))) // #nosec G404 G115 -- made-up text
			c.work(ctx, op, r, began.Add(length), &parts[i])
		}()
	}
	all.Wait()
	sum := merge(parts, time.Since(began))
	sum.cpu = cpuTime() - spent
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if sum.failed*100 > sum.served {
		return nil, fmt.Errorf("%d of %d requests failed: %w", sum.failed, sum.failed+sum.served, sum.first)
	}
	return sum, nil
}

func merge(parts []result, took time.Duration) *result {
	sum := &result{time: took}
	for _, p := range parts {
		sum.took = append(sum.took, p.took...)
		sum.bytes += p.bytes
		sum.served += p.served
		sum.failed += p.failed
		if sum.first == nil {
			sum.first = p.first
		}
	}
	slices.Sort(sum.took)
	return sum
}

func (c *client) work(ctx context.Context, op operation, r *rand.Rand, until time.Time, into *result) {
	for time.Now().Before(until) && ctx.Err() == nil {
		began := time.Now()
		n, err := c.send(ctx, op, r)
		if err != nil {
			into.failed++
			into.first = err
			continue
		}
		into.took = append(into.took, time.Since(began))
		into.bytes += n
		into.served++
	}
}

func (c *client) send(ctx context.Context, op operation, r *rand.Rand) (int64, error) {
	var body io.Reader
	if op.body != nil {
		body = bytes.NewReader(op.body(r))
	}
	req, err := http.NewRequestWithContext(ctx, op.method, op.path(r), body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+op.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() // it was read
	if resp.StatusCode != op.want {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return 0, fmt.Errorf("status %d: %s", resp.StatusCode, text)
	}
	return io.Copy(io.Discard, resp.Body)
}

// cpuTime is the processor time that the process has used so far. Unlike elapsed time it is hardly affected by what
// else the machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
