package api

import (
	"bytes"
	_ "embed" // the viewer's page
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed viewer.html
var viewerPage string

var viewer = template.Must(template.New("viewer").Parse(viewerPage))

// document serves the OpenAPI document and a page that shows it. It must run after all operations are registered. On
// Google Cloud it is not called, and these addresses do not exist.
func (a *API) document() error {
	a.OpenAPI().Servers = []*huma.Server{{URL: a.o.BaseURL, Description: "This installation"}}
	asJSON, err := json.Marshal(a.OpenAPI())
	if err != nil {
		return fmt.Errorf("api: document: %w", err)
	}
	asYAML, err := a.OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("api: document: %w", err)
	}
	var page bytes.Buffer
	if err := viewer.Execute(&page, a.view()); err != nil {
		return fmt.Errorf("api: viewer: %w", err)
	}
	a.serve("openapi.json", "application/openapi+json", asJSON)
	a.serve("openapi.yaml", "application/openapi+yaml", asYAML)
	a.serve("docs", "text/html; charset=utf-8", page.Bytes())
	return nil
}

func (a *API) serve(name, kind string, body []byte) {
	a.router.Path(Prefix + name).Methods(http.MethodGet).HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}

// view is the document in the form that the page's template needs.
type view struct {
	Title, Description string
	Operations         []viewOperation
	Schemas            []viewSchema
}

type viewOperation struct {
	ID, Method, Path, Summary, Description, Body, Answer string
	Params                                               []*huma.Param
}

type viewSchema struct {
	Name   string
	Fields []viewField
}

type viewField struct{ Name, Type, Ref, Says string }

func (a *API) view() view {
	doc := a.OpenAPI()
	v := view{Title: doc.Info.Title, Description: doc.Info.Description}
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				v.Operations = append(v.Operations, viewOf(path, op))
			}
		}
	}
	slices.SortFunc(v.Operations, func(a, b viewOperation) int {
		return strings.Compare(a.Path+a.Method, b.Path+b.Method)
	})
	for name, s := range doc.Components.Schemas.Map() {
		v.Schemas = append(v.Schemas, viewSchema{name, fieldsOf(s)})
	}
	slices.SortFunc(v.Schemas, func(a, b viewSchema) int { return strings.Compare(a.Name, b.Name) })
	return v
}

func viewOf(path string, op *huma.Operation) viewOperation {
	o := viewOperation{
		ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, Description: op.Description,
		Params: op.Parameters, Answer: "no content",
	}
	if op.RequestBody != nil {
		o.Body = schemaName(op.RequestBody.Content)
	}
	if r := op.Responses[strconv.Itoa(op.DefaultStatus)]; r != nil && len(r.Content) > 0 {
		o.Answer = schemaName(r.Content)
	}
	return o
}

func schemaName(content map[string]*huma.MediaType) string {
	for _, m := range content {
		if m.Schema != nil && len(m.Schema.OneOf) > 0 {
			return lastPart(m.Schema.OneOf[0].Ref)
		}
		if m.Schema != nil {
			return lastPart(m.Schema.Ref)
		}
	}
	return ""
}

func lastPart(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

func fieldsOf(s *huma.Schema) []viewField {
	fields := make([]viewField, 0, len(s.Properties))
	for name, p := range s.Properties {
		f := viewField{Name: name, Type: p.Type, Ref: lastPart(p.Ref), Says: p.Description}
		if p.Items != nil {
			f.Type, f.Ref = "list of "+p.Items.Type, lastPart(p.Items.Ref)
		}
		fields = append(fields, f)
	}
	slices.SortFunc(fields, func(a, b viewField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}
