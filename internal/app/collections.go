package app

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/api"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/checkpoint"
	"github.com/tinyoperahouse/toh/internal/mail"
	"github.com/tinyoperahouse/toh/internal/records"
	"github.com/tinyoperahouse/toh/internal/seal"
	"github.com/tinyoperahouse/toh/internal/stage"
	"github.com/tinyoperahouse/toh/internal/store"
	"github.com/tinyoperahouse/toh/internal/task"
	"github.com/tinyoperahouse/toh/internal/workspace"
)

// kinds are all kinds of documents of all use cases.
func kinds() []records.Declared {
	return slices.Concat(account.Kinds(), workspace.Kinds(), stage.Kinds(), task.Kinds(), mail.Kinds(), api.Kinds(), []records.Declared{attestations})
}

// ContentCollections are the collections of the content database. The database's indexes are made from them.
func ContentCollections() []store.Collection {
	all := slices.Concat(audit.Collections(), checkpoint.Collections())
	for _, k := range kinds() {
		all = append(all, k.Collection())
	}
	return all
}

// KeysCollections are the collections of the keys database.
func KeysCollections() []store.Collection { return seal.Collections() }
