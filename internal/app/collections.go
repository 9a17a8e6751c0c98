package app

import (
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/records"
	"github.com/tinyoperahouse/toh/internal/seal"
	"github.com/tinyoperahouse/toh/internal/store"
)

// kinds are all kinds of documents of all use cases.
func kinds() []records.Declared {
	var all []records.Declared
	return all
}

// ContentCollections are the collections of the content database. The database's indexes are made from them.
func ContentCollections() []store.Collection {
	all := audit.Collections()
	for _, k := range kinds() {
		all = append(all, k.Collection())
	}
	return all
}

// KeysCollections are the collections of the keys database.
func KeysCollections() []store.Collection { return seal.Collections() }
