package provision

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// AlertTexts are the texts of the policies' notifications.
func AlertTexts(s Spec) []string {
	var list []string
	for _, a := range s.policies() {
		list = append(list, a.proto().GetDocumentation().GetContent())
	}
	return list
}

// AlertFilters are the filters in the conditions of all policies.
func AlertFilters(s Spec) []string {
	var list []string
	for _, a := range s.policies() {
		for _, c := range a.when {
			list = append(list, c.filter)
		}
	}
	return list
}

// Addresses are the resources in the order of their creation, as Terraform names them.
func Addresses(s Spec) []string {
	var list []string
	for _, r := range s.Resources() {
		list = append(list, r.block.address())
	}
	return list
}

// CounterFilters are the filters of the log metrics.
func CounterFilters() []string {
	var list []string
	for _, c := range counters {
		list = append(list, c.filter)
	}
	return list
}

// Impatient is the specification for a cloud in which permissions take effect at once.
func Impatient(s Spec) Spec {
	s.impatient = true
	return s
}

// Patient is the specification for a cloud in which permissions take time, with how a test waits for them.
func Patient(s Spec, clock model.Clock, sleep func(context.Context, time.Duration) error) Spec {
	s.impatient, s.Clock, s.sleep = false, clock, sleep
	return s
}
