package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/product/files"
)

const bytesType = "application/octet-stream"

// partTime is how long a part of a file may take to arrive.
const partTime = 5 * time.Minute

// addRaw registers an operation whose body or answer is bytes, and not JSON. The library only describes it.
func addRaw[I any](a *API, r route, _ *I) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	content := map[string]*huma.MediaType{bytesType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	op := r.operation()
	if r.method == http.MethodPut {
		op.RequestBody = &huma.RequestBody{Required: true, Content: content}
	} else {
		op.Responses = map[string]*huma.Response{strconv.Itoa(r.status): {Description: "The bytes.", Content: content}}
	}
	huma.Register(a.huma, op, func(context.Context, *I) (*struct{}, error) {
		return nil, errors.New("api: " + r.id + " is not answered by the library")
	})
}

// pass lets a raw operation answer. A part of a file has more time to arrive than other requests; a download takes as
// long as its client goes on reading.
func (a *API) pass(w http.ResponseWriter, h *http.Request, r *route, v *visit) {
	ctx := context.WithValue(h.Context(), visitKey{}, v)
	if r.method == http.MethodPut {
		limited, cancel := context.WithTimeout(ctx, partTime)
		defer cancel()
		ctx = limited
		late := time.Now().Add(partTime)
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(late) // where there is none, the context ends it
		_ = control.SetWriteDeadline(late.Add(time.Minute))
		h.Body = http.MaxBytesReader(w, h.Body, files.PartSize+1)
	}
	h = h.WithContext(ctx)
	if asksHead(ctx) {
		h.Method = http.MethodHead
	}
	if err := r.raw(w, h, v); err != nil {
		tell(ctx, w, err)
	}
}
