// Package files is the files of reports and productions: photos and documents. A file consists of parts, each sealed
// under the workspace's keys for its place, and stored as an object of its own.
//
// It must never reach a file except through the gate and with what the file belongs to, hand out a photo before its
// metadata are gone, store anything that is not sealed, or leave an object behind that nothing names.
package files
