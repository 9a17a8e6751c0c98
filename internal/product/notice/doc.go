// Package notice finds out that the agreement on data processing or the list of subprocessors has changed since this
// installation last looked, keeps what changed, and tells the management of each workspace, once.
//
// It must never take a first look for a change, tell anybody of something that is not public, or let one workspace that
// cannot be told keep the others from being told.
package notice
