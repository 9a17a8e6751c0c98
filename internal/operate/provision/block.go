package provision

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// block is a resource in Terraform's form.
type block struct {
	kind, label string
	body        []arg
}

// address is the name by which other blocks refer to it.
func (b block) address() string { return b.kind + "." + b.label }

// arg is an argument or, without a value, a nested block.
type arg struct {
	name  string
	value any // string, int, float64, bool, []string, map[string]string, ref
	body  []arg
}

// ref is an expression, written unchanged.
type ref string

func tf(kind, name string, body ...arg) block { return block{kind, label(name), body} }

func set(name string, value any) arg { return arg{name: name, value: value} }

func sub(name string, body ...arg) arg { return arg{name: name, body: body} }

// forKeeps keeps Terraform from destroying what holds data.
func forKeeps() arg { return sub("lifecycle", set("prevent_destroy", true)) }

// seconds is a duration as Terraform and the APIs write it.
func seconds(d time.Duration) string { return fmt.Sprintf("%ds", int64(d/time.Second)) }

var notLabel = regexp.MustCompile(`[^A-Za-z0-9]+`)

// label makes a valid Terraform name.
func label(parts ...string) string {
	for i, p := range parts {
		p = strings.TrimPrefix(strings.TrimPrefix(p, "serviceAccount:"), "roles/")
		parts[i], _, _ = strings.Cut(p, "@")
	}
	l := strings.Trim(notLabel.ReplaceAllString(strings.Join(parts, "_"), "_"), "_")
	if l == "" || l[0] >= '0' && l[0] <= '9' {
		l = "x_" + l
	}
	return strings.ToLower(l)
}
