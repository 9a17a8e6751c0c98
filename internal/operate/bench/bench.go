package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"time"
)

// Service is the running service that is measured.
type Service struct {
	URL        string // http://127.0.0.1:port
	Token      string // of an author, who has the drafts
	Reader     string // of somebody who reads what others filed, and has no drafts
	Workspace  string
	Production string
	// Seed makes filed reports until there are so many, and some drafts.
	Seed func(ctx context.Context, reports int) (Seeded, error)
	// Settle waits until the disk has nothing left to do of what was seeded, so that it is not measured with the first
	// operation.
	Settle func(ctx context.Context) error
	// Usage is what the cloud was asked for so far.
	Usage func() Usage
}

// Seeded are ids of reports.
type Seeded struct {
	Filed  []string // some of those that the reader may read
	Drafts []string // that the token may change
}

// Usage counts what the cloud was asked for: documents read and written, and calls of KMS.
type Usage struct{ Reads, Writes, KMS int64 }

func (u Usage) since(before Usage) Usage {
	return Usage{u.Reads - before.Reads, u.Writes - before.Writes, u.KMS - before.KMS}
}

// Options say how much is measured.
type Options struct {
	Reports     []int         // sizes of the workspace, ascending
	Length      time.Duration // per measurement
	Concurrency int
	Only        []string // operations by name; nil for all
	Progress    io.Writer
}

// Measure is one measurement.
type Measure struct {
	Reports   int           `json:"reports"`
	Operation string        `json:"operation"`
	PerSecond float64       `json:"per_second"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	Bytes     int           `json:"answer_bytes"`
	Bare      float64       `json:"bare_per_second"`
	Ratio     float64       `json:"ratio"`
	CPU       time.Duration `json:"cpu_ns"`      // per request, client included
	BareCPU   time.Duration `json:"bare_cpu_ns"` // per request, client included
	Reads     float64       `json:"firestore_reads"`
	Writes    float64       `json:"firestore_writes"`
	KMS       float64       `json:"kms_calls_per_10000"`
	Failed    int64         `json:"failed"`
}

// Run measures everything and returns the measurements in the order in which they were made.
func Run(ctx context.Context, s Service, o Options) ([]Measure, error) {
	if err := o.check(s); err != nil {
		return nil, err
	}
	bare, err := startBare()
	if err != nil {
		return nil, err
	}
	defer bare.close()
	b := &bench{service: s, options: o, bare: bare, client: newClient(o.Concurrency)}
	defer b.client.close()
	var all []Measure
	for _, reports := range o.Reports {
		list, err := b.size(ctx, reports)
		all = append(all, list...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (o Options) check(s Service) error {
	if o.Concurrency < 1 || o.Concurrency > 1024 || o.Length <= 0 || o.Length > 10*time.Minute || len(o.Reports) == 0 {
		return errors.New("bench: concurrency 1 to 1024, seconds up to 600 and a number of reports are needed")
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("bench: %s is not on the loopback interface", u.Host)
	}
	return nil
}

type bench struct {
	service Service
	options Options
	bare    *bare
	client  *client
	reports int // in the workspace
	seeded  Seeded
	runs    uint64
}

// size measures all operations on a workspace with so many reports.
func (b *bench) size(ctx context.Context, reports int) ([]Measure, error) {
	began := time.Now()
	b.reports = reports
	var err error
	if b.seeded, err = b.service.Seed(ctx, reports); err != nil {
		return nil, fmt.Errorf("bench: seed: %w", err)
	}
	if err := b.service.Settle(ctx); err != nil {
		return nil, fmt.Errorf("bench: settle: %w", err)
	}
	fmt.Fprintf(b.options.Progress, "%d reports are there after %.1f s\n", reports, time.Since(began).Seconds())
	var list []Measure
	for _, op := range b.operations() {
		if b.options.Only != nil && !slices.Contains(b.options.Only, op.name) {
			continue
		}
		m, err := b.measure(ctx, op)
		if err != nil {
			return list, err
		}
		m.Reports = reports
		list = append(list, m)
		fmt.Fprintf(b.options.Progress, "%s done\n", op.name)
	}
	return list, nil
}

// operation is one kind of request.
type operation struct {
	name   string
	method string
	want   int
	path   func(r *rand.Rand) string
	body   func(r *rand.Rand) []byte
	token  string
}

// operations are in an order in which none changes what a later one finds: what is created and updated is a draft, and
// who reads finds what is filed.
func (b *bench) operations() []operation {
	reports := b.service.URL + "/api/v1/workspaces/" + b.service.Workspace + "/reports"
	one := func(ids []string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return reports + "/" + ids[r.IntN(len(ids))] }
	}
	write, read := b.service.Token, b.service.Reader
	return []operation{
		{name: "get", method: "GET", want: 200, token: read, path: one(b.seeded.Filed)},
		{name: "list", method: "GET", want: 200, token: read, path: func(*rand.Rand) string {
			return reports + "?limit=50"
		}},
		{name: "search", method: "GET", want: 200, token: read, path: func(r *rand.Rand) string {
			return reports + "?limit=50&q=" + url.QueryEscape(RareWord(r, b.reports))
		}},
		{name: "update", method: "PATCH", want: 200, token: write, path: one(b.seeded.Drafts),
			body: func(r *rand.Rand) []byte { return encode(map[string]any{"body": Text(r, b.reports)}) }},
		{name: "create", method: "POST", want: 201, token: write, path: func(*rand.Rand) string {
			return reports
		}, body: b.newReport},
	}
}

func (b *bench) newReport(r *rand.Rand) []byte {
	return encode(map[string]any{
		"production": b.service.Production, "type": "show", "title": Title(r), "body": Text(r, b.reports),
	})
}

// run sends other requests each time, and in every run of the program the same.
func (b *bench) run(ctx context.Context, op operation, length time.Duration) (*result, error) {
	b.runs++
	return b.client.run(ctx, op, b.runs, b.options.Concurrency, length)
}

// measure runs one operation for its time, then the bare handler with requests and answers of the same size.
func (b *bench) measure(ctx context.Context, op operation) (Measure, error) {
	// warm-up
	if _, err := b.run(ctx, op, b.options.Length/5); err != nil {
		return Measure{}, fmt.Errorf("bench: %s: %w", op.name, err)
	}
	before := b.service.Usage()
	got, err := b.run(ctx, op, b.options.Length)
	if err != nil {
		return Measure{}, fmt.Errorf("bench: %s: %w", op.name, err)
	}
	used := b.service.Usage().since(before)
	bareOp := op
	bareOp.want, bareOp.path = 200, func(*rand.Rand) string { return b.bare.url(got.size()) }
	plain, err := b.run(ctx, bareOp, min(b.options.Length, 3*time.Second))
	if err != nil {
		return Measure{}, fmt.Errorf("bench: bare: %w", err)
	}
	n := float64(max(1, got.served))
	return Measure{
		Operation: op.name, PerSecond: got.rate(), P50: got.percentile(50), P99: got.percentile(99), Bytes: got.size(),
		Bare: plain.rate(), Ratio: got.rate() / max(1, plain.rate()), Failed: got.failed,
		CPU: got.cost(), BareCPU: plain.cost(),
		Reads: float64(used.Reads) / n, Writes: float64(used.Writes) / n, KMS: float64(used.KMS) / n * 10_000,
	}, nil
}
