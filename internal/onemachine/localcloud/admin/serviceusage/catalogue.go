package serviceusage

import (
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
	"google.golang.org/protobuf/proto"
)

// catalogue has the services that can be enabled, by their ids, with their titles. It is a part of Google's list,
// because a wrong id must be refused here as there.
var catalogue = map[string]string{
	"artifactregistry.googleapis.com":     "Artifact Registry API",
	"bigquery.googleapis.com":             "BigQuery API",
	"binaryauthorization.googleapis.com":  "Binary Authorization API",
	"certificatemanager.googleapis.com":   "Certificate Manager API",
	"cloudapis.googleapis.com":            "Google Cloud APIs",
	"cloudasset.googleapis.com":           "Cloud Asset API",
	"cloudbilling.googleapis.com":         "Cloud Billing API",
	"cloudbuild.googleapis.com":           "Cloud Build API",
	"clouderrorreporting.googleapis.com":  "Error Reporting API",
	"cloudkms.googleapis.com":             "Cloud Key Management Service (KMS) API",
	"cloudprofiler.googleapis.com":        "Cloud Profiler API",
	"cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
	"cloudscheduler.googleapis.com":       "Cloud Scheduler API",
	"cloudtasks.googleapis.com":           "Cloud Tasks API",
	"cloudtrace.googleapis.com":           "Cloud Trace API",
	"compute.googleapis.com":              "Compute Engine API",
	"containeranalysis.googleapis.com":    "Container Analysis API",
	"containerscanning.googleapis.com":    "Container Scanning API",
	"datastore.googleapis.com":            "Cloud Datastore API",
	"dns.googleapis.com":                  "Cloud DNS API",
	"eventarc.googleapis.com":             "Eventarc API",
	"firebaserules.googleapis.com":        "Firebase Rules API",
	"firestore.googleapis.com":            "Cloud Firestore API",
	"iam.googleapis.com":                  "Identity and Access Management (IAM) API",
	"iamcredentials.googleapis.com":       "IAM Service Account Credentials API",
	"iap.googleapis.com":                  "Cloud Identity-Aware Proxy API",
	"identitytoolkit.googleapis.com":      "Identity Toolkit API",
	"logging.googleapis.com":              "Cloud Logging API",
	"monitoring.googleapis.com":           "Cloud Monitoring API",
	"networkservices.googleapis.com":      "Network Services API",
	"ondemandscanning.googleapis.com":     "On-Demand Scanning API",
	"orgpolicy.googleapis.com":            "Organization Policy API",
	"pubsub.googleapis.com":               "Cloud Pub/Sub API",
	"recaptchaenterprise.googleapis.com":  "reCAPTCHA Enterprise API",
	"run.googleapis.com":                  "Cloud Run Admin API",
	"secretmanager.googleapis.com":        "Secret Manager API",
	"servicemanagement.googleapis.com":    "Service Management API",
	"servicenetworking.googleapis.com":    "Service Networking API",
	"serviceusage.googleapis.com":         "Service Usage API",
	"storage-api.googleapis.com":          "Google Cloud Storage JSON API",
	"storage-component.googleapis.com":    "Cloud Storage",
	"storage.googleapis.com":              "Cloud Storage API",
	"sts.googleapis.com":                  "Security Token Service API",
	"telemetry.googleapis.com":            "Telemetry API",
	"vpcaccess.googleapis.com":            "Serverless VPC Access API",
}

// fromTheStart are enabled in a new project.
var fromTheStart = []string{
	"cloudapis.googleapis.com", "cloudtrace.googleapis.com", "datastore.googleapis.com", "logging.googleapis.com",
	"monitoring.googleapis.com",
	"servicemanagement.googleapis.com", "serviceusage.googleapis.com", "storage-api.googleapis.com",
	"storage-component.googleapis.com",
	"storage.googleapis.com",
}

// done is the operation that changed these services.
func (s *Server) done(result proto.Message, services ...*serviceusagepb.Service) (*longrunningpb.Operation, error) {
	about := &serviceusagepb.OperationMetadata{}
	for _, one := range services {
		about.ResourceNames = append(about.ResourceNames, one.GetName())
	}
	return s.operations.Done("", result, about)
}
