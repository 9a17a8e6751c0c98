package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown command":  {"burn"},
		"unknown flag":     {"bench", "--color"},
		"stray argument":   {"bench", "now"},
		"no number":        {"bench", "--reports", "many"},
		"none":             {"bench", "--reports", "0"},
		"too many":         {"bench", "--reports", "1000001"},
		"descending":       {"bench", "--reports", "20,10"},
		"folder with data": {"bench", "--data", t.TempDir()},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var help bytes.Buffer
	if err := run(t.Context(), nil, io.Discard, &help); !errors.Is(err, flag.ErrHelp) ||
		!strings.Contains(help.String(), "bench") {
		t.Errorf("%v: %s", err, help.String())
	}
}

func TestBench(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"bench", "--reports", "60", "--seconds", "0.2", "--concurrency", "4"}, &out,
		io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 6 {
		t.Errorf("%s", out.String())
	}
}
