// Package deploytest holds the tests of what brings the service to Google Cloud: the Dockerfile and cloudbuild.yaml,
// which nothing else reads on a laptop. It must never hold anything else.
package deploytest
