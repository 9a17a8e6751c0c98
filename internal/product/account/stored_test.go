package account_test

import (
	"fmt"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

var accountKind = recordstest.KindOf[account.Account](account.Kinds())

// passwordOf is the stored hash of an account, which only the system sees.
func passwordOf(t *testing.T, h *accounttest.Fixture, id string) string {
	t.Helper()
	sys := access.SystemCaller(model.Account(id), "test", "")
	r, err := accountKind.Get(t.Context(), h.Gate, records.By(sys, access.AccountRead).On("main"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Body.Password
}

// setPassword puts a hash into an account, as an earlier release left it.
func setPassword(t *testing.T, h *accounttest.Fixture, id, form string) {
	t.Helper()
	sys := access.SystemCaller(model.Account(id), "test", "")
	_, err := accountKind.Update(t.Context(), h.Gate, records.By(sys, access.PasswordCheck).On("main"),
		func(a *account.Account) error {
			a.Password = form
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
}

// entries are all of an account's trail, with what is sealed in them.
func entries(t *testing.T, h *accounttest.Fixture, id string) (all []string) {
	t.Helper()
	page, err := h.Trail.List(t.Context(), model.Account(id), audit.Filter{}, 100, "")
	if err != nil || len(page.Entries) == 0 {
		t.Fatalf("%d entries, %v", len(page.Entries), err)
	}
	for _, e := range page.Entries {
		all = append(all, fmt.Sprintf("%+v", *e))
	}
	return all
}
