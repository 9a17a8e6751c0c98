package provision

import (
	"context"
	"fmt"
	"io"
)

// Plan says what has to be done, in order. It only reads.
func Plan(ctx context.Context, c *Clients, spec Spec) ([]Change, error) {
	s, err := begin(ctx, c, spec, nil)
	if err != nil {
		return nil, fmt.Errorf("provision: %w", err)
	}
	changes, err := s.plan(ctx)
	if err != nil {
		return nil, fmt.Errorf("provision: %w", err)
	}
	return changes, nil
}

func (s *session) plan(ctx context.Context) ([]Change, error) {
	var changes []Change
	for _, r := range s.spec.Resources() {
		f, err := s.inspect(ctx, r)
		if err != nil {
			return nil, err
		}
		changes = append(changes, Change{Resource: r, Verb: f.verb, Fields: f.fields})
	}
	return changes, nil
}

// Summary counts what was done.
type Summary struct{ Created, Changed, Unchanged int }

// String is the last line of an apply.
func (s Summary) String() string {
	return fmt.Sprintf("%d created, %d changed, %d unchanged", s.Created, s.Changed, s.Unchanged)
}

// Print writes a plan for people.
func Print(w io.Writer, changes []Change) error {
	counts := map[Verb]int{}
	for _, c := range changes {
		counts[c.Verb]++
		if err := c.print(w); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d to create, %d to change, %d unchanged, %d refused\n",
		counts[Create], counts[Alter], counts[Unchanged], counts[Refuse])
	return err
}

var marks = map[Verb]string{Create: "+", Alter: "~", Refuse: "!"}

func (c Change) print(w io.Writer) error {
	if c.Verb == Unchanged {
		return nil
	}
	if len(c.Fields) == 0 {
		_, err := fmt.Fprintf(w, "%s %s %s %s\n", marks[c.Verb], c.Verb, c.Kind, c.Name)
		return err
	}
	for _, field := range c.Fields {
		if _, err := fmt.Fprintf(w, "%s %s %s %s %s\n", marks[c.Verb], c.Verb, c.Kind, c.Name, field); err != nil {
			return err
		}
	}
	return nil
}
