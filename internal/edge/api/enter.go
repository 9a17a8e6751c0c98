package api

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// identify identifies the caller by the bearer token alone. Token, member, workspace and the record that the route
// reads ahead are fetched in one batched read; the caller carries that record.
func (a *API) identify(h *http.Request, r *route, v *visit, place string) (err error) {
	ctx := h.Context()
	to := identity.Where{Workspace: place}
	if place != "" && r.ahead {
		to.Ahead = &identity.Ahead{Kind: r.kind, ID: v.record}
	}
	v.who, err = a.o.Identity.FromToken(ctx, client(ctx, h), bearer(h), to)
	return err
}

// leave records, now and then, that the token was used. The answer has been sent by then, so a failure is only logged.
func (a *API) leave(ctx context.Context, v *visit) {
	if err := a.o.Identity.Used(ctx, v.who); err != nil {
		logging.From(ctx).WarnContext(ctx, "use of a credential not noted", "error", err)
	}
}
