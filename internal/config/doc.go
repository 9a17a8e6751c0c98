// Package config is the one validated Config of a process, and the only place that reads the environment.
//
// It is a leaf. It must never hold the value of a secret: only the names under which Secret Manager keeps them. A process that
// would be insecure with the given settings does not start: every problem is reported, one line each, and each line says what to set.
package config
