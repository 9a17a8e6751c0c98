package app

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/operate/canary"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/program"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// kinds are all kinds of documents of all use cases.
func kinds() []records.Declared {
	return slices.Concat(account.Kinds(), workspace.Kinds(), shows.Kinds(), files.Kinds(), task.Kinds(), mail.Kinds(),
		program.Kinds(), promise.Kinds(), canary.Kinds(), erasure.Kinds(), notice.Kinds(),
		[]records.Declared{attestations})
}

// ContentCollections are the collections of the content database. The database's indexes are made from them.
func ContentCollections() []store.Collection {
	all := slices.Concat(audit.Collections(), checkpoint.Collections(), history.Collections())
	for _, k := range kinds() {
		all = append(all, k.Collection())
	}
	return all
}

// KeysCollections are the collections of the keys database.
func KeysCollections() []store.Collection {
	return slices.Concat(seal.Collections(), history.OutsideCollections())
}
