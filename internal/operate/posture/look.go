package posture

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const (
	patience  = 3 * time.Minute  // for everything together
	callTime  = 15 * time.Second // for one resource, including the retries of Google's clients
	mostItems = 2000             // of a list
)

// The Google services that are called, so that one that is unavailable is called only once.
const (
	ofProjects   = "Resource Manager"
	ofServices   = "Service Usage"
	ofAccounts   = "IAM"
	ofKMS        = "KMS"
	ofFirestore  = "Firestore"
	ofSecrets    = "Secret Manager"
	ofPubSub     = "Pub/Sub"
	ofScheduler  = "Cloud Scheduler"
	ofLogging    = "Cloud Logging"
	ofStorage    = "Cloud Storage"
	ofRegistry   = "Artifact Registry"
	ofRun        = "Cloud Run"
	ofMonitoring = "Cloud Monitoring"
)

// cloud is what one attestation reads. Each resource is read once, however many checks look at it.
type cloud struct {
	*operator.Clients
	names
	number  string // of the project
	now     time.Time
	content []store.Collection
	keys    []store.Collection
	trails  func(context.Context, func(Trail)) error // nil: trails are not checked

	seen map[string]any   // by kind and name
	away map[string]error // services that did not answer
}

// sight is the result of one read.
type sight[T any] struct {
	value T
	err   error
}

// read reads a resource of one of Google's services, once.
func read[T any](ctx context.Context, c *cloud, service string, t thing, get func(context.Context) (T, error)) (T,
	error) {
	key := t.kind + " " + t.name
	if s, ok := c.seen[key].(sight[T]); ok {
		return s.value, s.err
	}
	var s sight[T]
	if err := c.away[service]; err != nil {
		s.err = err
	} else {
		s.value, s.err = ask(ctx, get)
	}
	if isAway(s.err) && c.away[service] == nil {
		c.away[service] = s.err
	}
	c.seen[key] = s
	return s.value, s.err
}

func ask[T any](ctx context.Context, get func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return get(ctx)
}

// look is read for a check: what does not exist is broken, what cannot be read is undecided. It reports whether there
// is something to look at.
func look[T any](ctx context.Context, c *cloud, f *findings, service string, t thing, expected string,
	get func(context.Context) (T, error)) (T, bool) {
	v, err := read(ctx, c, service, t, get)
	switch {
	case isMissing(err):
		f.missing(t, expected)
	case err != nil:
		f.undecided(t, expected, err)
	}
	return v, err == nil
}

// all reads a list to its end.
func all[T any](next func() (T, error)) ([]T, error) {
	var list []T
	for {
		v, err := next()
		switch {
		case errors.Is(err, iterator.Done):
			return list, nil
		case err != nil:
			return nil, err
		case len(list) == mostItems:
			return nil, fmt.Errorf("there are more than %d", mostItems)
		}
		list = append(list, v)
	}
}

func isMissing(err error) bool { return status.Code(err) == codes.NotFound || httpCode(err) == 404 }

// isAway reports whether a service does not answer, so that calling it again would only cost time.
func isAway(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || httpCode(err) == 429 || httpCode(err) >= 500
}

func httpCode(err error) int {
	var e *googleapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

const maxReason = 200

var address = regexp.MustCompile(`[^\s'":,<>()]+@[^\s'":,<>()]+`)

// reason is an error in one line, without the addresses that Google's messages may contain.
func reason(err error) string {
	text, code := err.Error(), ""
	var e *googleapi.Error
	switch s, ok := status.FromError(err); {
	case errors.As(err, &e):
		text, code = e.Message, fmt.Sprintf("HTTP %d: ", e.Code)
	case ok:
		text, code = s.Message(), s.Code().String()+": "
	}
	text = address.ReplaceAllString(strings.Join(strings.Fields(text), " "), "(an account)")
	if runes := []rune(text); len(runes) > maxReason {
		text = string(runes[:maxReason-1]) + "…"
	}
	return code + text
}
