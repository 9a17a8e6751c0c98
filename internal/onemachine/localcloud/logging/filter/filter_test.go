package filter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	mrpb "google.golang.org/genproto/googleapis/api/monitoredres"
	logtypepb "google.golang.org/genproto/googleapis/logging/type"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
)

var at = time.Date(2026, 3, 14, 19, 32, 0, 123456000, time.UTC)

func entry(t testing.TB) *loggingpb.LogEntry {
	t.Helper()
	payload, err := structpb.NewStruct(map[string]any{
		"action": "report.read",
		"count":  7,
		"ok":     true,
		"none":   nil,
		"actor":  map[string]any{"id": "A-1", "roles": []any{"viewer", "Editor"}},
		"a.b":    "dotted",
	})
	if err != nil {
		t.Fatal(err)
	}
	return &loggingpb.LogEntry{
		LogName: "projects/p/logs/audit%2Ftrail",
		Resource: &mrpb.MonitoredResource{Type: "cloud_run_revision",
			Labels: map[string]string{"service_name": "toh"}},
		Timestamp:   timestamppb.New(at),
		Severity:    logtypepb.LogSeverity_WARNING,
		InsertId:    "01HX",
		Trace:       "projects/p/traces/abc",
		Labels:      map[string]string{"tenant_id": "ws_1", "compute.googleapis.com/name": "vm"},
		Payload:     &loggingpb.LogEntry_JsonPayload{JsonPayload: payload},
		HttpRequest: &logtypepb.HttpRequest{Status: 404, RequestMethod: "GET"},
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	e := entry(t)
	for query, want := range map[string]bool{
		"":                     true,
		"  \n -- only comment": true,

		`severity = WARNING`:                      true,
		`severity = "warning"`:                    true,
		`severity >= WARNING`:                     true,
		`severity > WARNING`:                      false,
		`severity>=ERROR`:                         false,
		`severity < ERROR`:                        true,
		`severity != INFO`:                        true,
		`severity = 400`:                          true,
		`severity = (INFO OR WARNING)`:            true,
		`severity = (INFO OR ERROR)`:              false,
		`severity >= (INFO AND NOTICE)`:           true,
		`severity = (NOT INFO)`:                   true,
		`SEVERITY=WARNING`:                        true,
		`logName="projects/p/logs/audit%2Ftrail"`: true,
		`log_name="projects/p/logs/other"`:        false,
		`logName:audit`:                           true,
		`log_id("audit/trail")`:                   true,
		`LOG_ID("audit/trail")`:                   true,
		`log_id("audit")`:                         false,
		`NOT log_id("audit")`:                     true,

		`insertId="01HX"`:                               true,
		`insert_id = 01HX`:                              true,
		`trace="projects/p/traces/abc"`:                 true,
		`trace=projects/p/traces/abc`:                   true,
		`spanId=""`:                                     true,
		`labels.tenant_id="ws_1"`:                       true,
		`labels."tenant_id"="ws_1"`:                     true,
		`labels."tenant_id"="ws_2"`:                     false,
		`labels."tenant_id"="WS_1"`:                     true,
		`labels."compute.googleapis.com/name"=vm`:       true,
		`labels.absent="x"`:                             false,
		`labels.absent!="x"`:                            false,
		`NOT labels.absent="x"`:                         true,
		`-labels.absent="x"`:                            true,
		`labels.tenant_id:*`:                            true,
		`labels.absent:*`:                               false,
		`labels:*`:                                      true,
		`labels:ws_1`:                                   true,
		`resource.type="cloud_run_revision"`:            true,
		`resource.type=gce_instance`:                    false,
		`resource.labels.service_name=toh`:              true,
		`resource.labels."service_name":"o"`:            true,
		`httpRequest.status=404`:                        true,
		`httpRequest.status>=500`:                       false,
		`httpRequest.requestMethod=GET`:                 true,
		`httpRequest:*`:                                 true,
		`operation.id:*`:                                false,
		`operation:*`:                                   false,
		`operation.id=""`:                               true,
		`jsonPayload.action="report.read"`:              true,
		`jsonPayload.action:"read"`:                     true,
		`jsonPayload.action:"READ"`:                     true,
		`jsonPayload.action="report"`:                   false,
		`jsonPayload.count=7`:                           true,
		`jsonPayload.count>6.5`:                         true,
		`jsonPayload.count<"7"`:                         false,
		`jsonPayload.count="seven"`:                     false,
		`jsonPayload.ok=true`:                           true,
		`jsonPayload.ok=FALSE`:                          false,
		`jsonPayload.none=NULL_VALUE`:                   true,
		`jsonPayload.actor.id="A-1"`:                    true,
		`jsonPayload.actor.roles="editor"`:              true,
		`jsonPayload.actor.roles!="editor"`:             false,
		`jsonPayload.actor.roles="owner"`:               false,
		`jsonPayload.actor:viewer`:                      true,
		`jsonPayload.actor.id.deep="x"`:                 false,
		`jsonPayload."a.b"=dotted`:                      true,
		`jsonPayload.a.b=dotted`:                        false,
		`jsonPayload.missing!="x"`:                      false,
		`textPayload=""`:                                true,
		`jsonPayload.action=~"^report\.[a-z]+$"`:        true,
		`jsonPayload.action=~"^REPORT"`:                 false,
		`jsonPayload.action!~"^staff"`:                  true,
		`jsonPayload.missing!~"x"`:                      false,
		`severity=~"WARN"`:                              true,
		`timestamp>="2026-03-14T19:32:00Z"`:             true,
		`timestamp>2026-03-14T19:32:00.123456Z`:         false,
		`timestamp<="2026-03-14T20:32:00.123456+01:00"`: true,
		`timestamp="2026-03-14T19:32:00.123456Z"`:       true,
		`timestamp<"2026-03-15"`:                        true,

		`"report.read"`: true,
		`report`:        true,
		`nowhere`:       false,
		`-nowhere`:      true,

		`severity=INFO OR severity=WARNING`:                     true,
		`severity=WARNING severity=INFO`:                        false,
		`severity=WARNING AND labels.tenant_id=ws_1`:            true,
		`severity=INFO AND severity=INFO OR severity=WARNING`:   false, // OR binds tighter
		`severity=WARNING OR severity=INFO AND severity=INFO`:   false,
		`(severity=INFO AND severity=INFO) OR severity=WARNING`: true,
		`NOT severity=INFO AND NOT severity=ERROR`:              true,
		`NOT (severity=INFO OR severity=WARNING)`:               false,
		`NOT NOT severity=WARNING`:                              true,
		`"report" "A-1"`:                                        true,
		"severity=WARNING -- why\nAND labels.tenant_id=ws_1":    true,
		`labels.tenant_id = "ws\x5f1"`:                          true,
		`labels.tenant_id = "ws\u005f1"`:                        true,
	} {
		f, err := filter.Parse(query)
		if err != nil {
			t.Errorf("Parse(%s): %v", query, err)
			continue
		}
		if got := f.Match(e); got != want {
			t.Errorf("%s: match %v, want %v", query, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 100) + "a" + strings.Repeat(")", 100)
	for _, query := range []string{
		`severity` + `=`, `=x`, `severity=`, `(severity=INFO`, `severity=INFO)`, `AND`, `a AND`, `a OR`, `OR a`, `NOT`,
		`a AND OR b`,
		`severity=NONSENSE`, `timestamp>yesterday`, `timestamp>5`, `nofield="x"`, `resource.nofield=x`,
		`timestamp.seconds=1`,
		`labels.a.b=x`, `"open`, `labels.x="\q"`, `labels.x="\u12"`, `labels.x="\ud800"`, `sample(insertId, 0.5)`,
		`log_id(x)`,
		`log_id("x"`, `log_id()`, `jsonPayload.x=~"("`, `httpRequest.status=abc`, `traceSampled=maybe`, `a && b`,
		`a = = b`,
		`labels.x="a" = "b"`, `()`, `severity=()`, deep, `labels."`, `.a=b`, `a..b=c`, "labels.x=\"\xff\"",
		strings.Repeat("a", filter.MaxLength+1),
	} {
		if _, err := filter.Parse(query); err == nil {
			t.Errorf("Parse(%.60s) has no error", query)
		}
	}
	if _, err := filter.Parse(strings.Repeat("a", filter.MaxLength)); err != nil {
		t.Errorf("longest filter: %v", err)
	}
}

// A value that a caller quotes as Go does can never end its quotes and add conditions.
func TestQuotedValuesStayValues(t *testing.T) {
	t.Parallel()
	for _, id := range []string{`x" OR "`, `x") OR ("`, `\`, `\" OR a`, "x\nOR y", "é", "\t", `'`, "\x00", "\u2028"} {
		query := fmt.Sprintf("severity=INFO AND labels.tenant_id=%q", id)
		f, err := filter.Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if f.Match(entry(t)) {
			t.Errorf("%s matches another tenant's entry", query)
		}
		own := entry(t)
		own.Severity = logtypepb.LogSeverity_INFO
		own.Labels["tenant_id"] = id
		if !f.Match(own) {
			t.Errorf("%s does not match its own entry", query)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	for query, want := range map[string]filter.Span{
		``: {},
		`timestamp>="2026-03-01" AND timestamp<"2026-03-05"`:                      {From: day(1), To: day(5)},
		`timestamp>"2026-03-01" timestamp>="2026-03-03" severity=INFO`:            {From: day(3)},
		`(timestamp<="2026-03-05" AND severity=INFO) AND timestamp<="2026-03-04"`: {To: day(4)},
		`timestamp="2026-03-02"`:                    {From: day(2), To: day(2)},
		`timestamp>="2026-03-01" OR severity=INFO`:  {},
		`NOT timestamp>="2026-03-01"`:               {},
		`timestamp!="2026-03-01"`:                   {},
		`receiveTimestamp>="2026-03-01"`:            {},
		`timestamp>=("2026-03-01" OR "2026-03-02")`: {},
	} {
		f, err := filter.Parse(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got := f.Span(); got != want {
			t.Errorf("%s: span %v, want %v", query, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`severity>=ERROR AND (labels."a"="b" OR NOT jsonPayload.x.y:z)`, `-"foo" log_id("x")`,
		`timestamp>="2026-01-01T00:00:00Z"`,
		`a.b.c=~"^x\.y$"`, "x -- c\n AND y", `labels.x=("a" OR "b" AND NOT c)`, `"\u00e9\x41\n"`, `resource.labels.x:*`,
	} {
		f.Add(seed)
	}
	e := entry(f)
	f.Fuzz(func(t *testing.T, query string) {
		parsed, err := filter.Parse(query)
		if err != nil {
			return
		}
		matched := parsed.Match(e)
		if span := parsed.Span(); matched && (at.Before(span.From) || (!span.To.IsZero() && at.After(span.To))) {
			t.Errorf("%q matches an entry outside its span %v", query, span)
		}
		negated, err := filter.Parse("NOT (" + query + "\n)")
		if strings.TrimSpace(query) == "" || err != nil {
			return
		}
		if negated.Match(e) == matched {
			t.Errorf("%q and its negation agree", query)
		}
	})
}
