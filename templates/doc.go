// Package templates holds what people see: pages, their words, styles, scripts, fonts and icons, all built into the
// binary.
//
// It knows how to look a word up and how to draw an icon. It must never know a request, a person or a document:
// whatever a page says about them is given to it by internal/edge/web. Pages lie in folders by subject, under the names
// that the packages of internal/edge/web have; texts in files of the same names.
package templates
