package provision

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Resource is one thing that must exist.
type Resource struct {
	Kind string // for people, as in "KMS key"
	Name string // full resource name

	api   string // the API that serves it
	block block  // the same for Terraform
	fresh bool   // depends on what may have been changed a moment ago, permissions above all
	look  func(context.Context, *session) (finding, error)
}

// Verb is what has to be done about a resource.
type Verb string

// The verbs of a plan.
const (
	Create    Verb = "create"
	Alter     Verb = "change"
	Unchanged Verb = "unchanged"
	Refuse    Verb = "refuse" // it differs, and cannot be changed in place
)

// Change is what has to be done about one resource, and why.
type Change struct {
	Resource
	Verb   Verb
	Fields []string // what differs, "field: from → to"; for a refusal also what to do
}

// finding is the result of looking at a resource, and how to do what is necessary.
type finding struct {
	verb   Verb
	fields []string
	do     func(context.Context) error
}

// difference is one setting of ours that is not as it must be.
type difference struct {
	field    string
	from, to string
	advice   string // if not empty, it cannot be changed in place; says what to do
}

func (d difference) String() string {
	text := fmt.Sprintf("%s: %s → %s", d.field, d.from, d.to)
	if d.advice != "" {
		text += ": " + d.advice
	}
	return text
}

// thing is a resource of one type: how to read, compare, create and change it.
type thing[T any] struct {
	read   func(context.Context, *session) (T, error) // NOT_FOUND means that it does not exist
	create func(context.Context, *session) error
	differ func(have T) []difference
	update func(ctx context.Context, s *session, have T, d []difference) error
}

// look determines what has to be done about the thing.
func (t thing[T]) look(ctx context.Context, s *session) (finding, error) {
	have, err := t.read(ctx, s)
	switch {
	case isMissing(err):
		return finding{verb: Create, do: func(ctx context.Context) error { return t.make(ctx, s) }}, nil
	case err != nil:
		return finding{}, err
	}
	return t.compare(s, have), nil
}

func (t thing[T]) compare(s *session, have T) finding {
	found := t.differ(have)
	f := finding{verb: Unchanged}
	for _, d := range found {
		f.fields = append(f.fields, d.String())
	}
	switch {
	case len(found) == 0:
	case slices.ContainsFunc(found, func(d difference) bool { return d.advice != "" }):
		f.verb = Refuse
	default:
		f.verb = Alter
		f.do = func(ctx context.Context) error { return t.update(ctx, s, have, found) }
	}
	return f
}

// make creates the thing. If it was created in the meantime, perhaps by our own call whose answer was lost, it is
// compared instead.
func (t thing[T]) make(ctx context.Context, s *session) error {
	err := t.create(ctx, s)
	if !isThere(err) {
		return err
	}
	have, err := t.read(ctx, s)
	if err != nil {
		return err
	}
	switch f := t.compare(s, have); f.verb {
	case Alter:
		return f.do(ctx)
	case Refuse:
		return fmt.Errorf("it was created in the meantime and is not as it must be: %v", f.fields)
	}
	return nil
}

func isMissing(err error) bool {
	return status.Code(err) == codes.NotFound || httpCode(err) == http.StatusNotFound || errors.Is(err, errNotThere)
}

func isThere(err error) bool {
	return err != nil && (status.Code(err) == codes.AlreadyExists || httpCode(err) == http.StatusConflict)
}

// errNotThere is the result of reads that search a list.
var errNotThere = errors.New("not there")

func httpCode(err error) int {
	var e *googleapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}
