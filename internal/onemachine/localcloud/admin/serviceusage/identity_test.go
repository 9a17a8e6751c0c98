package serviceusage_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/serviceusage"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func TestIdentities(t *testing.T) {
	t.Parallel()
	s := serviceusage.New(tabletest.Open(t), nil)
	const path = "/v1beta1/projects/tiny-opera/services/"
	for call, want := range map[string]int{
		"POST " + path + "firestore.googleapis.com:generateServiceIdentity": http.StatusOK,
		"POST /v1beta1/projects/" + project.Number("tiny-opera") +
			"/services/pubsub.googleapis.com:generateServiceIdentity": http.StatusOK,
		"POST " + path + "nothing.googleapis.com:generateServiceIdentity":                    http.StatusBadRequest,
		"POST /v1beta1/projects/X/services/firestore.googleapis.com:generateServiceIdentity": http.StatusBadRequest,
		"GET " + path + "firestore.googleapis.com:generateServiceIdentity":                   http.StatusNotFound,
		"POST " + path + "firestore.googleapis.com:enable":                                   http.StatusNotFound,
	} {
		method, path, _ := strings.Cut(call, " ")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d %s", call, w.Code, w.Body)
		}
		if want == http.StatusOK && !strings.Contains(w.Body.String(), `"email":"service-`+project.Number("tiny-opera")+
			"@gcp-sa-") {
			t.Errorf("%s: %s", call, w.Body)
		}
	}
}
