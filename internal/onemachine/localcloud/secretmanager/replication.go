package secretmanager

import (
	"context"
	"regexp"
	"slices"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
)

// agent is the domain of the accounts with which Google uses the keys of secrets.
const agent = "gcp-sa-secretmanager"

var locationPattern = regexp.MustCompile(`^[a-z]+(-[a-z]+)+[0-9]+$`)

// place is where a secret is stored, and with whose key. A secret that Google places is everywhere, with a key in
// "global".
type place struct{ location, key string }

func places(r *secretmanagerpb.Replication) []place {
	if auto := r.GetAutomatic(); auto != nil {
		return []place{{"global", auto.GetCustomerManagedEncryption().GetKmsKeyName()}}
	}
	var out []place
	for _, replica := range r.GetUserManaged().GetReplicas() {
		out = append(out, place{replica.GetLocation(), replica.GetCustomerManagedEncryption().GetKmsKeyName()})
	}
	return out
}

// samePlaces tells whether two replications differ at most in their keys.
func samePlaces(a, b *secretmanagerpb.Replication) bool {
	return (a.GetAutomatic() == nil) == (b.GetAutomatic() == nil) &&
		slices.EqualFunc(places(a), places(b), func(x, y place) bool { return x.location == y.location })
}

// checkReplication checks where a secret is to be, and that its keys can be used.
func (s *Server) checkReplication(ctx context.Context, secret *secretmanagerpb.Secret) error {
	all := places(secret.GetReplication())
	if len(all) == 0 {
		return invalid("secret.replication is required, with at least one replica if the user manages it.")
	}
	seen := map[string]bool{}
	for _, p := range all {
		if secret.GetReplication().GetAutomatic() == nil && !locationPattern.MatchString(p.location) {
			return invalid("Location %q of a replica is invalid.", p.location)
		}
		if seen[p.location] {
			return invalid("Location %s has two replicas.", p.location)
		}
		seen[p.location] = true
		if (p.key == "") != (all[0].key == "") {
			return invalid("Either all replicas of a secret have keys, or none.")
		}
	}
	return s.checkKeys(ctx, secret)
}

func (s *Server) checkKeys(ctx context.Context, secret *secretmanagerpb.Secret) error {
	for _, p := range places(secret.GetReplication()) {
		if err := s.useKey.Check(ctx, p.key, secret.GetName(), p.location, agent); err != nil {
			return err
		}
	}
	return nil
}

// replicated says that a version is stored where its secret is.
func replicated(r *secretmanagerpb.Replication) *secretmanagerpb.ReplicationStatus {
	if r.GetAutomatic() != nil {
		return &secretmanagerpb.ReplicationStatus{ReplicationStatus: &secretmanagerpb.ReplicationStatus_Automatic{
			Automatic: &secretmanagerpb.ReplicationStatus_AutomaticStatus{},
		}}
	}
	managed := &secretmanagerpb.ReplicationStatus_UserManagedStatus{}
	for _, p := range places(r) {
		managed.Replicas = append(managed.Replicas, &secretmanagerpb.ReplicationStatus_UserManagedStatus_ReplicaStatus{
			Location: p.location})
	}
	return &secretmanagerpb.ReplicationStatus{ReplicationStatus: &secretmanagerpb.ReplicationStatus_UserManaged{
		UserManaged: managed}}
}
