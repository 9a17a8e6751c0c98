package storage

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	storage "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

// Google's limits, in seconds and in number.
const (
	leastSoftDelete = 7 * 24 * 60 * 60
	mostSoftDelete  = 90 * 24 * 60 * 60
	maxRules        = 100
)

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$`)
	locationPattern = regexp.MustCompile(`^[A-Z]+[0-9]?(-[A-Z]+[0-9]+)?$`)
	storageClasses  = []string{"", "STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL"}
	immutable       = []string{"name", "location", "customPlacementConfig", "hierarchicalNamespace", "objectRetention"}
)

// checkConditions looks at the conditions of a request.
func checkConditions(r *http.Request, b bucket) error {
	query := r.URL.Query()
	now := b.text("metageneration")
	if want := query.Get("ifMetagenerationMatch"); want != "" && want != now {
		return fail(http.StatusPreconditionFailed, "conditionNotMet",
			"At least one of the pre-conditions you specified did not hold.")
	}
	if unwanted := query.Get("ifMetagenerationNotMatch"); unwanted != "" && unwanted == now {
		if r.Method == http.MethodGet {
			return fail(http.StatusNotModified, "notModified", "Not modified.")
		}
		return fail(http.StatusPreconditionFailed, "conditionNotMet",
			"At least one of the pre-conditions you specified did not hold.")
	}
	if want := r.Header.Get("If-Match"); want != "" && want != b.text("etag") {
		return fail(http.StatusPreconditionFailed, "conditionNotMet", "The etag does not match.")
	}
	return nil
}

func checkImmutable(next, old bucket) error {
	for _, key := range immutable {
		if !reflect.DeepEqual(next[key], old[key]) {
			return invalid("The field %s of a bucket cannot be changed.", key)
		}
	}
	return nil
}

// checkACL refuses access control lists in a request for a bucket whose access is uniform.
func checkACL(r *http.Request, given, next bucket) error {
	typed, err := next.typed()
	if err != nil {
		return err
	}
	query := r.URL.Query()
	lists := given["acl"] != nil || given["defaultObjectAcl"] != nil || query.Get("predefinedAcl") != "" ||
		query.Get("predefinedDefaultObjectAcl") != ""
	if lists && uniform(typed) {
		return invalid("Cannot use ACL API to update bucket policy when uniform bucket-level access is enabled.")
	}
	return nil
}

func uniform(b *storage.Bucket) bool {
	c := b.IamConfiguration
	return c != nil && c.UniformBucketLevelAccess != nil && c.UniformBucketLevelAccess.Enabled
}

func check(b *storage.Bucket) error {
	if !namePattern.MatchString(b.Name) || strings.HasPrefix(b.Name, "goog") || strings.Contains(b.Name, "..") {
		return invalid("Invalid bucket name: %q", b.Name)
	}
	if !locationPattern.MatchString(b.Location) {
		return invalid("The specified location constraint %q is not valid.", b.Location)
	}
	if !slices.Contains(storageClasses, b.StorageClass) {
		return invalid("Invalid argument: storageClass %q.", b.StorageClass)
	}
	if c := b.IamConfiguration; c != nil && !slices.Contains([]string{"", "inherited", "enforced"},
		c.PublicAccessPrevention) {
		return invalid("Invalid argument: publicAccessPrevention %q.", c.PublicAccessPrevention)
	}
	if p := b.SoftDeletePolicy; p != nil && p.RetentionDurationSeconds != 0 &&
		(p.RetentionDurationSeconds < leastSoftDelete || p.RetentionDurationSeconds > mostSoftDelete) {
		return invalid("softDeletePolicy.retentionDurationSeconds must be 0 or from %d to %d.", leastSoftDelete,
			mostSoftDelete)
	}
	if err := label.Check(b.Labels); err != nil {
		return err
	}
	return checkLifecycle(b.Lifecycle)
}

func checkLifecycle(l *storage.BucketLifecycle) error {
	if l == nil {
		return nil
	}
	if len(l.Rule) > maxRules {
		return invalid("lifecycle has more than %d rules.", maxRules)
	}
	for i, rule := range l.Rule {
		if rule == nil || rule.Action == nil || rule.Condition == nil {
			return invalid("lifecycle.rule[%d] needs an action and a condition.", i)
		}
		if reflect.ValueOf(*rule.Condition).IsZero() {
			return invalid("lifecycle.rule[%d] has an empty condition.", i)
		}
		if age := rule.Condition.Age; age != nil && *age < 0 {
			return invalid("lifecycle.rule[%d]: age must not be negative.", i)
		}
		if err := checkAction(i, rule.Action); err != nil {
			return err
		}
	}
	return nil
}

func checkAction(i int, a *storage.BucketLifecycleRuleAction) error {
	switch a.Type {
	case "Delete", "AbortIncompleteMultipartUpload":
		if a.StorageClass != "" {
			return invalid("lifecycle.rule[%d]: storageClass does not go with the action %s.", i, a.Type)
		}
	case "SetStorageClass":
		if a.StorageClass == "" || !slices.Contains(storageClasses, a.StorageClass) {
			return invalid("lifecycle.rule[%d]: storageClass %q is invalid.", i, a.StorageClass)
		}
	default:
		return invalid("lifecycle.rule[%d]: action %q is invalid.", i, a.Type)
	}
	return nil
}
