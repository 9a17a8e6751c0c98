package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestCostTables(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"cost"}, []string{"1000000", "Firestore reads*", "each workspace",
			"Logging read requests (60 a minute)", "not verified", "api: read a report"}},
		{[]string{"cost", "--workspaces", "7"}, []string{"7", "together"}},
		{[]string{"cost", "--hotspots"}, []string{"**/audit(by ASCENDING, at ASCENDING)", "sharded",
			"; 0 would exceed"}},
	} {
		var out strings.Builder
		if err := run(t.Context(), c.args, &out, io.Discard); err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: %q is missing in\n%s", c.args, want, out.String())
			}
		}
	}
}

func TestCostJSON(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"cost", "--json", "--workspaces", "100, 10000"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var report struct {
		PricesAsOf string `json:"prices_as_of"`
		Estimates  []struct {
			Workspaces, USD float64
			Bill            []struct {
				USD   float64
				Price struct{ Source string }
			}
			Quotas []struct{ Share float64 }
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
		t.Fatal(err)
	}
	if report.PricesAsOf == "" || len(report.Estimates) != 2 || report.Estimates[1].Workspaces != 10_000 {
		t.Fatalf("%+v", report)
	}
	for _, e := range report.Estimates {
		sum := 0.0
		for _, l := range e.Bill {
			sum += l.USD
		}
		if e.USD <= 0 || sum < 0.999*e.USD || sum > 1.001*e.USD || len(e.Quotas) != 7 {
			t.Errorf("%+v", e)
		}
	}
}

func TestCostRefusesNonsense(t *testing.T) {
	for _, args := range [][]string{
		{"cost", "--workspaces", "0"}, {"cost", "--workspaces", "-5"}, {"cost", "--workspaces", "1e6"},
		{"cost", "--workspaces", ""},
		{"cost", "--workspaces", "100,"}, {"cost", "--workspaces", "1000000001"}, {"cost", "more"},
		{"cost", "--nothing"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
