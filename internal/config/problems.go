package config

import (
	"fmt"
	"strings"
)

// Problems are all reasons why a configuration is refused.
type Problems struct{ Lines []string }

// Error is one line per problem.
func (p *Problems) Error() string { return strings.Join(p.Lines, "\n") }

func (p *Problems) add(name, format string, args ...any) {
	p.Lines = append(p.Lines, name+": "+fmt.Sprintf(format, args...))
}

func (p *Problems) err() error {
	if len(p.Lines) == 0 {
		return nil
	}
	return p
}
