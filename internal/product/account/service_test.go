package account_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func TestLowCostIsRefused(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	o := account.Options{Gate: h.Gate, Post: h.Post, Keys: h.Keys, Peppers: h.Peppers, BaseURL: accounttest.Base,
		Cost: 11}
	if _, err := account.New(o); err == nil {
		t.Error("cost 11 is accepted")
	}
	o.Cost = 12
	if _, err := account.New(o); err != nil {
		t.Error(err)
	}
	o.Session.Idle = -1
	if _, err := account.New(o); err == nil {
		t.Error("a negative life is accepted")
	}
	o.Session.Idle, o.BaseURL = 0, "no address"
	if _, err := account.New(o); err == nil {
		t.Error("no base URL is accepted")
	}
}
