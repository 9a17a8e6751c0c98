package serviceusage

import (
	"net/http"
	"regexp"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/jsonanswer"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

// Host is where clients look for the API's part that has no gRPC interface.
const Host = "serviceusage.googleapis.com"

// agents are the domains of the accounts with which services act for a project, for those that are created on demand.
var agents = map[string]string{
	"artifactregistry.googleapis.com": "gcp-sa-artifactregistry",
	"cloudscheduler.googleapis.com":   "gcp-sa-cloudscheduler",
	"firestore.googleapis.com":        "gcp-sa-firestore",
	"pubsub.googleapis.com":           "gcp-sa-pubsub",
	"secretmanager.googleapis.com":    "gcp-sa-secretmanager",
}

var identityPath = regexp.MustCompile(`^/v1beta1/(projects/[^/]+)/services/([^/:]+):generateServiceIdentity$`)

// ServeHTTP creates the account of a service, which here as at Google is no more than its name. A repeated request gets
// the same answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := identityPath.FindStringSubmatch(r.URL.Path)
	if parts == nil || r.Method != http.MethodPost {
		jsonanswer.Write(w, http.StatusNotFound, map[string]any{"error": map[string]any{"code": http.StatusNotFound,
			"message": "Not found.", "status": "NOT_FOUND"}})
		return
	}
	name, err := consumer(parts[1])
	agent, known := agents[parts[2]]
	if err != nil || !known {
		jsonanswer.Write(w, http.StatusBadRequest, map[string]any{"error": map[string]any{
			"code": http.StatusBadRequest, "message": "There is no identity of " + parts[2] + " in " + parts[1] + ".",
			"status": "INVALID_ARGUMENT"}})
		return
	}
	jsonanswer.Write(w, http.StatusOK, map[string]any{
		"name": "operations/finished.DONE_OPERATION", "done": true,
		"response": map[string]string{
			"@type": "type.googleapis.com/google.api.serviceusage.v1beta1.ServiceIdentity",
			"email": "service-" + project.Of(name) + "@" + agent + ".iam.gserviceaccount.com",
		},
	})
}
