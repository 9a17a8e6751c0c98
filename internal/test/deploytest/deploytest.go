// Package deploytest holds the tests of what brings the service to Google Cloud: the Dockerfile and cloudbuild.yaml,
// which nothing else on a laptop reads. It must never hold anything else.
package deploytest
