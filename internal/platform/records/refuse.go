package records

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

var (
	errRole  = model.Denied("Your role does not allow this. Ask the management of your workspace.")
	errToken = model.Denied("Your role, or what this token is for, does not allow this.")
)

// May refuses, with an entry, a caller who may not do the action at all, before any of the input is looked at. The gate
// decides again for each operation.
func (g *Gate) May(ctx context.Context, a Ask, record string) error {
	if access.Can(a.caller, a.action) {
		return access.Proof(a.caller, a.action)
	}
	return g.Refuse(ctx, a, record)
}

// Refuse records that the caller may not do the action, and returns the error for them.
func (g *Gate) Refuse(ctx context.Context, a Ask, record string) error {
	return a.refuse(ctx, g, false, record, model.ErrDenied)
}

// refuse audits a denial and returns the error that the caller gets. If the denial cannot be recorded, that error is
// returned instead.
func (a Ask) refuse(ctx context.Context, v Via, quiet bool, record string, kind error) error {
	var err error = &model.Error{Kind: kind}
	if kind == model.ErrDenied {
		err = errRole
		if a.caller.Limits != nil {
			err = errToken
		}
	}
	return a.denied(ctx, v, quiet, record, err)
}

// denied audits a denial for the given error and returns that error.
func (a Ask) denied(ctx context.Context, v Via, quiet bool, record string, err error) error {
	if quiet || !a.caller.Scope.Valid() {
		return err
	}
	if failure := v.gate().denial(ctx, v, a.entry(record, audit.Denied, "")); failure != nil {
		return failure
	}
	return err
}

// lapse records that a caller was refused because their standing no longer holds, and returns the refusal. Other errors
// are returned unchanged.
func (a Ask) lapse(ctx context.Context, v Via, quiet bool, record string, err error) error {
	var l lapsed
	if !errors.As(err, &l) {
		return err
	}
	return a.denied(ctx, v, quiet, record, l.error)
}

// isDenial reports whether a use case refused.
func isDenial(err error) bool { return errors.Is(err, model.ErrDenied) }
