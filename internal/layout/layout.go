// Package layout holds the test that keeps the arrows between the rooms: who may import whom. It must never hold anything else.
package layout
