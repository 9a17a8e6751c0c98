package telemetry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// maxSeries limits the combinations of labels of one metric in one process. The real number is lower: every label is a
// word of the code.
const maxSeries = 1000

// bounds of the distributions, in milliseconds.
var bounds = []float64{0.5, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000}

// instruments count the metrics of the table.
type instruments struct {
	meter   metric.Meter
	counter map[string]metric.Int64Counter
	spread  map[string]metric.Float64Histogram
	gauge   map[string]metric.Float64ObservableGauge
	labels  map[string][]string
	options sync.Map // labelled → metric.MeasurementOption
}

func newInstruments(m metric.Meter) (*instruments, error) {
	in := &instruments{
		meter: m, counter: map[string]metric.Int64Counter{}, spread: map[string]metric.Float64Histogram{},
		gauge: map[string]metric.Float64ObservableGauge{}, labels: map[string][]string{},
	}
	for _, x := range metrics {
		if err := in.make(x); err != nil {
			return nil, fmt.Errorf("telemetry: %s: %w", x.Type, err)
		}
	}
	return in, nil
}

func (in *instruments) make(x Metric) (err error) {
	in.labels[x.Type] = x.Labels
	switch x.Form {
	case Gauge:
		in.gauge[x.Type], err = in.meter.Float64ObservableGauge(x.Type, metric.WithUnit(x.Unit),
			metric.WithDescription(x.Help))
	case Distribution:
		in.spread[x.Type], err = in.meter.Float64Histogram(x.Type, metric.WithUnit(x.Unit),
			metric.WithDescription(x.Help),
			metric.WithExplicitBucketBoundaries(bounds...))
	default:
		if x.Type != KeyringLookups { // observed, see Watch
			in.counter[x.Type], err = in.meter.Int64Counter(x.Type, metric.WithUnit(x.Unit),
				metric.WithDescription(x.Help))
		}
	}
	return err
}

// labelled is a metric with the values of its labels.
type labelled struct{ kind, a, b, c, d string }

// with are the labels of a metric with these values, made once.
func (in *instruments) with(kind string, values ...string) metric.MeasurementOption {
	key := labelled{kind: kind}
	for i, place := range []*string{&key.a, &key.b, &key.c, &key.d} {
		if i < len(values) {
			*place = values[i]
		}
	}
	if o, ok := in.options.Load(key); ok {
		return o.(metric.MeasurementOption)
	}
	o, _ := in.options.LoadOrStore(key, metric.WithAttributeSet(in.set(kind, values)))
	return o.(metric.MeasurementOption)
}

func (in *instruments) set(kind string, values []string) attribute.Set {
	names := in.labels[kind]
	list := make([]attribute.KeyValue, len(names))
	for i, name := range names {
		list[i] = attribute.String(name, values[i])
	}
	return attribute.NewSet(list...)
}

func (in *instruments) add(ctx context.Context, kind string, values ...string) {
	in.counter[kind].Add(ctx, 1, in.with(kind, values...))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
