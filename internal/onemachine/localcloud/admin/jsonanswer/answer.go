// Package jsonanswer writes the answers of the services that are reached by HTTP.
package jsonanswer

import (
	"encoding/json"
	"net/http"
)

// Write answers with a value as JSON.
func Write(w http.ResponseWriter, code int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		code, raw = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_, _ = w.Write(raw) // a caller who has gone away is not missed
}
