package firestore

import (
	"encoding/binary"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// Every key begins with the space and a table. Documents: database, path of the collection, End, id, End; so the
// documents of a collection are neighbours, and so is what is below a document. Index entries: database, number of the
// collection group, kind of index, …, name of the document.
const (
	space       = 'f'
	tableMeta   = 'm'
	tableDocs   = 'd'
	tableIndex  = 'i'
	tableNames  = 'n' // numbers of collections and groups
	tableGiven  = 'g' // the numbers that were issued
	tableFormat = 'v'
	tableBackup = 'b' // documents of backups: number of the backup, then as in tableDocs
	tableCopies = 'c' // the records of backups, by name
	tableTime   = 't' // the newest time given to a commit

	tableVersions = 'o' // earlier contents of documents: as in tableDocs, then the time of the change
	tableChanges  = 'w' // the changes by time: database, time, then as in tableDocs
	tableFloor    = 'e' // up to when changes were forgotten
)

// Kinds of index entries within a collection group.
const (
	indexMembers     = 1 // every document of the group by name
	indexExpiry      = 2 // by the time after which a document is swept
	indexOrdered     = 3 // one field within one collection
	indexContains    = 4 // elements of one array field within one collection
	indexAllOrdered  = 5 // one field over the whole group
	indexAllContains = 6
	indexComposite   = 7
)

// tableLen is how long space, table and the number of the database are together.
const tableLen = 6

func metaKey(name string) []byte { return append([]byte{space, tableMeta}, name...) }

func tableKey(table byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 96), space, table), id)
}

// docKey is the key of a document.
func docKey(id uint32, d resource.Doc) []byte {
	return appendID(collectionKey(id, d.Collection()), d.ID())
}

// collectionKey is what the keys of a collection's documents begin with.
func collectionKey(id uint32, collection []byte) []byte {
	return append(append(tableKey(tableDocs, id), collection...), resource.End)
}

func appendID(key []byte, id string) []byte {
	return append(resource.AppendSegment(key, id), resource.End)
}

// groupKey is what the index entries of a collection group begin with.
func groupKey(id, group uint32) []byte {
	return binary.BigEndian.AppendUint32(tableKey(tableIndex, id), group)
}

// giveGroup is the group's beginning of keys for who writes, findGroup for who reads. The number 0 begins no key.
func (d *database) giveGroup(name string) ([]byte, error) {
	n, err := d.numbers.give(d.id, resource.AppendSegment(nil, name))
	return groupKey(d.id, n), err
}

func (d *database) findGroup(name string) ([]byte, error) {
	n, err := d.numbers.of(d.id, resource.AppendSegment(nil, name))
	return groupKey(d.id, n), err
}

// giveCollection is the number of a collection, by its path, for who writes, findCollection for who reads.
func (d *database) giveCollection(path []byte) ([]byte, error) {
	n, err := d.numbers.give(d.id, path)
	return binary.BigEndian.AppendUint32(nil, n), err
}

func (d *database) findCollection(path []byte) ([]byte, error) {
	n, err := d.numbers.of(d.id, path)
	return binary.BigEndian.AppendUint32(nil, n), err
}

// fieldKey is what the entries of a single-field index begin with.
func fieldKey(base []byte, kind byte, segments []string) []byte {
	key := append(append(make([]byte, 0, len(base)+160), base...), kind)
	return append(resource.AppendPath(key, segments), resource.End)
}

// compositeKey is what the entries of a composite index begin with.
func compositeKey(base []byte, id uint32) []byte {
	return appendComposite(append(make([]byte, 0, len(base)+160), base...), id)
}

func appendComposite(base []byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32(append(base, indexComposite), id)
}

// keyOfPath is the key of the document whose whole path, with its End, is encoded in path.
func keyOfPath(id uint32, path []byte) []byte {
	last := 0
	for at := 0; path[at] != resource.End; {
		last = at
		at += resource.SegmentLen(path[at:])
	}
	return append(collectionKey(id, path[:last]), path[last:]...)
}
