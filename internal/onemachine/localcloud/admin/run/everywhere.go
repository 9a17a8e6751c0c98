package run

import (
	"net/http"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/jsonanswer"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

// Host is where clients look for the lists over all regions, which Google offers only in the first version of the API.
const Host = "run.googleapis.com"

// object is a service or a job in that version's form, as far as it is served.
type object struct {
	Metadata metadata `json:"metadata"`
	Spec     any      `json:"spec"`
}

type metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// ServeHTTP answers a list of services or jobs of all regions, in one page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /apis/serving.knative.dev/v1/namespaces/{project}/services", func(w http.ResponseWriter,
		r *http.Request) {
		answer(w, r, "ServiceList", func(id string) (list []object, err error) {
			return list, s.services.Each("", func(v *runpb.Service) bool {
				ingress := strings.ToLower(strings.TrimPrefix(v.GetIngress().String(), "INGRESS_TRAFFIC_"))
				return within(id, v.GetName(), func(m metadata) {
					m.Annotations = map[string]string{"run.googleapis.com/ingress": strings.TrimSuffix(ingress,
						"_only")}
					list = append(list, object{m, under(1, v.GetTemplate().GetServiceAccount())})
				})
			})
		})
	})
	mux.HandleFunc("GET /apis/run.googleapis.com/v1/namespaces/{project}/jobs", func(w http.ResponseWriter,
		r *http.Request) {
		answer(w, r, "JobsList", func(id string) (list []object, err error) {
			return list, s.jobs.Each("", func(v *runpb.Job) bool {
				return within(id, v.GetName(), func(m metadata) {
					list = append(list, object{m, under(2, v.GetTemplate().GetTemplate().GetServiceAccount())})
				})
			})
		})
	})
	mux.ServeHTTP(w, r)
}

// under puts the account where it belongs: below one template or two.
func under(templates int, account string) any {
	var spec any = map[string]string{"serviceAccountName": account}
	for range templates {
		spec = map[string]any{"template": map[string]any{"spec": spec}}
	}
	return spec
}

// within calls add for what belongs to a project. It says whether to continue.
func within(id, name string, add func(metadata)) bool {
	if parts := strings.Split(name, "/"); project.Of(name) == id {
		add(metadata{Name: parts[5], Namespace: project.Number(id),
			Labels: map[string]string{"cloud.googleapis.com/location": parts[3]}})
	}
	return true
}

func answer(w http.ResponseWriter, r *http.Request, kind string, list func(project string) ([]object, error)) {
	id, code := r.PathValue("project"), http.StatusOK
	err := status.Errorf(codes.InvalidArgument, "namespaces/%s is no project.", id)
	var items []object
	if project.WellFormed(id) {
		items, err = list(id)
	}
	var body any = map[string]any{"kind": kind, "items": items}
	if err != nil {
		code = http.StatusBadRequest
		if status.Code(err) != codes.InvalidArgument {
			code = http.StatusInternalServerError
		}
		body = map[string]any{"error": map[string]any{"code": code, "message": status.Convert(err).Message()}}
	}
	jsonanswer.Write(w, code, body)
}
