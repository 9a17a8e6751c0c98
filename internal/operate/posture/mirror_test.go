package posture_test

import (
	"strings"
	"testing"

	storage "google.golang.org/api/storage/v1"
)

const (
	copied     = "opera-house-1-toh-mirror"
	ofCopies   = "projects/_/buckets/" + copied
	viewObject = "roles/storage.objectViewer"
)

// mirrorDeviations are about the one public bucket, and about other buckets that are public.
func mirrorDeviations() map[string]deviation {
	const another = "opera-house-1-another"
	open := func(member string) deviation {
		return deviation{func(w *world) {
			_, err := w.Storage.Buckets.Insert(projectID, &storage.Bucket{Name: another, Location: region,
				IamConfiguration: &storage.BucketIamConfiguration{
					UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
				}}).Do()
			w.must(err)
			give("projects/_/buckets/"+another, viewObject, member)(w)
		}, func(w *world) { w.must(w.Storage.Buckets.Delete(another).Do()) }, "G5",
			[]string{"bucket projects/_/buckets/" + another + " is open to everybody"}}
	}
	age := int64(3)
	list := map[string]deviation{
		"copies one by one": {changeStore(copied, &storage.Bucket{IamConfiguration: &storage.BucketIamConfiguration{
			UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: false,
				ForceSendFields: []string{"Enabled"}}}}), nil, "G5", []string{copied + " has uniform access: no"}},
		"deleted copies not kept": {changeStore(copied, &storage.Bucket{SoftDeletePolicy: &storage.
			BucketSoftDeletePolicy{ForceSendFields: []string{"RetentionDurationSeconds"}}}),
			nil, "G5", []string{copied + " keeps deleted files "}},
		"copies deleted by rule": {changeStore(copied, &storage.Bucket{Lifecycle: &storage.BucketLifecycle{
			Rule: []*storage.BucketLifecycleRule{{Action: &storage.BucketLifecycleRuleAction{Type: "Delete"},
				Condition: &storage.BucketLifecycleRuleCondition{Age: &age}}}}}), nil, "G5",
			[]string{copied + " has 1 rules that delete"}},
		"no bucket for copies": {func(w *world) { w.must(w.Storage.Buckets.Delete(copied).Do()) }, nil,
			"T6 G5 G9 G12 O4", []string{"mirror bucket " + ofCopies + " does not exist"}},
		"copies to elsewhere": {variable("toh-tasks", "TOH_MIRROR", "somebody-else"), nil, "G5",
			[]string{"services/toh-tasks has TOH_MIRROR somebody-else"}},
		"everybody writes copies": {give(ofCopies, "roles/storage.objectUser", "allUsers"),
			take(ofCopies, "roles/storage.objectUser", "allUsers"), "T6 G5 G9 G12 O4",
			[]string{ofCopies + " gives roles/storage.objectUser to allUsers"}},
		"the web writes copies": {give(ofCopies, "roles/storage.objectUser", "serviceAccount:toh-web"+mine),
			take(ofCopies, "roles/storage.objectUser", "serviceAccount:toh-web"+mine), "T6 G9 G12 O4",
			[]string{ofCopies + " gives roles/storage.objectUser to serviceAccount:toh-web"}},
		"files of a bucket one by one": {func(w *world) {
			_, err := w.Storage.Buckets.Insert(projectID, &storage.Bucket{Name: another, Location: region,
				IamConfiguration: &storage.BucketIamConfiguration{PublicAccessPrevention: "enforced"}}).Do()
			w.must(err)
		}, func(w *world) { w.must(w.Storage.Buckets.Delete(another).Do()) }, "G5",
			[]string{"bucket projects/_/buckets/" + another + " has uniform access: no"}},
		"a bucket for everybody":     open("allUsers"),
		"a bucket for every account": open("allAuthenticatedUsers"),
	}
	return list
}

// TestAnInstallationWithoutACopy is sound, and then a public bucket of that name is one as any other.
func TestAnInstallationWithoutACopy(t *testing.T) {
	t.Parallel()
	s := spec()
	s.NoMirror = true
	w := installed(t, s)
	r := w.attest()
	if !r.Sound() || !strings.Contains(r.Of("G5").Evidence, "is not used: there is no copy") {
		t.Errorf("%s: %s", r.State, notKept(r))
	}
	_, err := w.Storage.Buckets.Insert(projectID, &storage.Bucket{Name: copied, Location: region}).Do()
	w.must(err)
	give(ofCopies, viewObject, "allUsers")(w)
	if r := w.attest(); brokenOf(r) != "G5" ||
		!strings.Contains(r.Of("G5").Evidence, "bucket "+ofCopies+" is open to everybody") {
		t.Errorf("%s: %s", brokenOf(r), notKept(r))
	}
}
