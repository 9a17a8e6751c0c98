// Package promise is the public record of what the operator promises and whether it holds: the 47 promises, the
// controls that try each of them on the running service, their results, and what becomes of the results over time.
//
// It must never call a promise kept that nobody checked recently, hide a control or a result, or make public how a
// broken promise was broken before it is mended. A control that could not be tried is unchecked, with the reason; it is
// never counted as kept.
package promise
