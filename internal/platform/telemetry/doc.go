// Package telemetry is how the service is watched from outside: traces to Cloud Trace and metrics to Cloud Monitoring,
// by OpenTelemetry.
//
// It must never slow a request down or fail one: what cannot be sent is dropped, and only counted. It must never carry
// anything personal or anything of a workspace: a span knows route templates, methods, statuses, ids; a label knows
// only words of the code. So nothing here takes a free text, and nobody else uses OpenTelemetry.
package telemetry
