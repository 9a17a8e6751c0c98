package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/watchers"
)

// Limits of what waits to be sent, and of how long sending may take.
const (
	queuedSpans   = 2048 // beyond which spans are dropped
	sentSpans     = 256  // in one call
	sendSpans     = 5 * time.Second
	sendMetrics   = time.Minute
	exportTimeout = 5 * time.Second
)

// Options configure a Telemetry.
type Options struct {
	Project, Region  string
	Service, Version string  // the sender: toh-web, toh-tasks or toh, and its revision
	Instance         string  // unique to the process; "" makes one
	Ratio            float64 // how many requests of one are traced, from 0 to 1
	Watchers         *watchers.Clients
	Logger           *slog.Logger
	// between two exports of metrics; 0 means a minute, and Cloud Monitoring accepts at most one in 5 s
	Every time.Duration
}

// Telemetry sends traces and metrics. A nil one does nothing, and costs nothing. It is safe for concurrent use.
type Telemetry struct {
	spans   *sdktrace.TracerProvider
	meters  *sdkmetric.MeterProvider
	tracer  trace.Tracer
	counts  *instruments
	failing atomic.Pointer[instruments] // counts failures, for exporters that are made before the instruments
	base    context.Context             // of what belongs to no request
	sampler *sampler
	methods sync.Map // full name of a method → *method
	routes  sync.Map // routeKey → *route
	log     *slog.Logger
	once    sync.Once
}

// New starts it. Nothing is sent before there is something to send. Close must be called in the end.
func New(ctx context.Context, o Options) (*Telemetry, error) {
	if o.Watchers == nil || o.Logger == nil || o.Project == "" || o.Service == "" {
		return nil, errors.New("telemetry: watchers, a logger, a project and a service are needed")
	}
	if o.Ratio < 0 || o.Ratio > 1 {
		return nil, fmt.Errorf("telemetry: %g is not a ratio", o.Ratio)
	}
	if o.Instance == "" {
		o.Instance = model.NewID()
	}
	if o.Every <= 0 {
		o.Every = sendMetrics
	}
	silence()
	t := &Telemetry{sampler: newSampler(o.Ratio), log: o.Logger, base: context.WithoutCancel(ctx)}
	t.openTraces(o)
	t.openMetrics(o)
	var err error
	if t.counts, err = newInstruments(t.meters.Meter("toh")); err != nil {
		return nil, err
	}
	t.failing.Store(t.counts)
	return t, nil
}

// silence keeps the library from writing to standard error what our exporters count and log.
var silence = sync.OnceFunc(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })

func (t *Telemetry) openTraces(o Options) {
	exporter := &spanExporter{client: o.Watchers.Traces, project: o.Project, common: o.common(),
		failed: t.failed("traces")}
	t.spans = sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(o.Ratio))),
		sdktrace.WithRawSpanLimits(spanLimits),
		sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(queuedSpans),
			sdktrace.WithMaxExportBatchSize(sentSpans),
			sdktrace.WithBatchTimeout(sendSpans), sdktrace.WithExportTimeout(exportTimeout)))
	t.tracer = t.spans.Tracer("toh")
}

func (t *Telemetry) openMetrics(o Options) {
	exporter := &metricExporter{client: o.Watchers.Metrics, project: o.Project, resource: o.resource(),
		failed: t.failed("metrics")}
	t.meters = sdkmetric.NewMeterProvider(
		sdkmetric.WithCardinalityLimit(maxSeries), sdkmetric.WithExemplarFilter(exemplar.AlwaysOffFilter),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(o.Every),
			sdkmetric.WithTimeout(exportTimeout))))
}

// failed is called when a batch did not arrive: it is counted, and logged from time to time.
func (t *Telemetry) failed(signal string) func(context.Context, error) {
	var mu sync.Mutex
	var told time.Time
	return func(ctx context.Context, err error) {
		if in := t.failing.Load(); in != nil {
			in.add(ctx, ExportFailures, signal)
		}
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(told) >= time.Minute {
			told = now
			t.log.WarnContext(ctx, "telemetry not sent", "signal", signal, "error", err)
		}
	}
}

// Flush sends what is waiting now. It is an error only if ctx ends before that is done.
func (t *Telemetry) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := errors.Join(t.spans.ForceFlush(ctx), t.meters.ForceFlush(ctx)); err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}

// closeTimeout is the part of a shutdown that is left when the requests have ended.
const closeTimeout = 2 * time.Second

// Close sends what is waiting, within ctx and two seconds, and stops. What cannot be sent in time is lost, which is not
// an error.
func (t *Telemetry) Close(ctx context.Context) {
	if t == nil {
		return
	}
	t.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, closeTimeout)
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			t.end(ctx)
		}()
		select {
		case <-done:
		case <-ctx.Done():
		}
	})
}

func (t *Telemetry) end(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { _ = t.spans.Shutdown(ctx) }) // the exporters count and log what failed
	both.Go(func() { _ = t.meters.Shutdown(ctx) })
	both.Wait()
}
