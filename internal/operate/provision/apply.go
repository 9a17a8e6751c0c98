package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrRefused says that something differs that cannot be changed in place.
var ErrRefused = errors.New("something that exists cannot be changed in place")

// Apply creates what is missing and changes what differs, in order. It writes a line for each and a last line with the
// counts. It can be stopped or fail at any call; the next run continues from there.
func Apply(ctx context.Context, c *Clients, spec Spec, w io.Writer) (Summary, error) {
	s, err := begin(ctx, c, spec, w)
	if err != nil {
		return Summary{}, fmt.Errorf("provision: %w", err)
	}
	changes, err := s.plan(ctx)
	if err == nil {
		err = refused(w, changes)
	}
	if err != nil {
		return Summary{}, fmt.Errorf("provision: %w", err)
	}
	sum, err := s.apply(ctx, changes, w)
	if err == nil {
		err = s.settle(ctx, w)
	}
	if err != nil {
		return sum, fmt.Errorf("provision: %w", err)
	}
	if err := s.remarks(ctx, w); err != nil {
		return sum, fmt.Errorf("provision: %w", err)
	}
	_, err = fmt.Fprintln(w, sum)
	return sum, err
}

func refused(w io.Writer, changes []Change) error {
	var found error
	for _, c := range changes {
		if c.Verb != Refuse {
			continue
		}
		found = fmt.Errorf("nothing was changed: %w", ErrRefused)
		if err := c.print(w); err != nil {
			return err
		}
	}
	return found
}

func (s *session) apply(ctx context.Context, changes []Change, w io.Writer) (Summary, error) {
	var sum Summary
	for _, c := range changes {
		verb := c.Verb
		if verb != Unchanged {
			var err error
			if verb, err = s.one(ctx, c.Resource, w); err != nil {
				return sum, err
			}
		}
		switch verb {
		case Create:
			sum.Created++
		case Alter:
			sum.Changed++
		default:
			sum.Unchanged++
		}
	}
	return sum, nil
}

// one looks at a resource again, since creating an earlier one may have changed it, and then does what is necessary.
func (s *session) one(ctx context.Context, r Resource, w io.Writer) (Verb, error) {
	f, err := s.inspect(ctx, r)
	if err != nil || f.verb == Unchanged {
		return f.verb, err
	}
	if f.verb == Refuse {
		return f.verb, fmt.Errorf("%s %s changed meanwhile: %v: %w", r.Kind, r.Name, f.fields, ErrRefused)
	}
	if err := (Change{Resource: r, Verb: f.verb, Fields: f.fields}).print(w); err != nil {
		return f.verb, err
	}
	ctx, cancel := context.WithTimeout(ctx, makeTime)
	defer cancel()
	if err := s.patiently(ctx, r.fresh, f.do); err != nil {
		return f.verb, fmt.Errorf("%s %s %s: %w", f.verb, r.Kind, r.Name, err)
	}
	return f.verb, nil
}
