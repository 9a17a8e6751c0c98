// Package telemetry makes the service observable from outside: traces to Cloud Trace and metrics to Cloud Monitoring,
// by OpenTelemetry.
//
// It must never slow a request down or make one fail: what cannot be sent is dropped, and only counted. It must never
// carry anything personal or anything of a workspace: a span has route templates, methods, statuses and ids; a label
// has only words of the code. So nothing here accepts free text, and no other package uses OpenTelemetry.
package telemetry
