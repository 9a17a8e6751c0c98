package posture

import (
	"context"
	"slices"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
)

const (
	signWithKey = "roles/cloudkms.signer"
	seePublic   = "roles/cloudkms.publicKeyViewer"
	useToSign   = "cloudkms.cryptoKeyVersions.useToSign"

	signedBy = kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256
)

// signingRoles are Google's own roles with which somebody can sign.
var signingRoles = []string{signWithKey, "roles/cloudkms.signerVerifier", "roles/cloudkms.cryptoOperator",
	"roles/owner"}

// trailSigned: the key of the trail's checkpoints signs and verifies, and only the tasks service can sign with it.
func trailSigned(ctx context.Context, c *cloud, f *findings) {
	t := c.key(signingKey)
	k, ok := look(ctx, c, f, ofKMS, t, "a key that signs checkpoints of the trail",
		func(ctx context.Context) (*kmspb.CryptoKey, error) {
			return c.KMS.GetCryptoKey(ctx, &kmspb.GetCryptoKeyRequest{Name: t.name})
		})
	if ok {
		f.expect(k.GetPurpose() == kmspb.CryptoKey_ASYMMETRIC_SIGN, t, "is for "+k.GetPurpose().String(),
			"ASYMMETRIC_SIGN")
		algorithm := k.GetVersionTemplate().GetAlgorithm()
		f.expect(algorithm == signedBy, t, "makes versions for "+algorithm.String(), signedBy.String())
		c.signingVersions(ctx, f, t)
	}
	c.signers(ctx, f, t)
}

// trailsWhole: no entry of any trail was changed, removed or inserted.
func trailsWhole(ctx context.Context, c *cloud, f *findings) {
	const expected = "every entry is as it was written, and none is missing or was added"
	whole := 0
	err := c.trails(ctx, func(t Trail) {
		if t.State == Kept {
			whole++
			return
		}
		f.add(t.State, thing{"trail", t.Scope}, t.Read, expected)
	})
	all := thing{"trails", c.project().name}
	if err != nil {
		f.undecided(all, expected, err)
		return
	}
	f.add(Kept, all, plural(whole, "trail")+" checked: as written", expected)
}

// signingVersions: a disabled version neither signs nor gives out its public key, without which nobody can verify what
// it signed.
func (c *cloud) signingVersions(ctx context.Context, f *findings, t thing) {
	list, ok := look(ctx, c, f, ofKMS, thing{"versions of", t.name}, "versions that are enabled",
		func(ctx context.Context) ([]*kmspb.CryptoKeyVersion, error) {
			return all(c.KMS.ListCryptoKeyVersions(ctx, &kmspb.ListCryptoKeyVersionsRequest{Parent: t.name}).Next)
		})
	if !ok {
		return
	}
	n := 0
	for _, v := range list {
		if v.GetState() == kmspb.CryptoKeyVersion_DESTROYED {
			f.remark(t, "had a version "+short(v.GetName())+" that is destroyed",
				"what it signed cannot be verified any more")
			continue
		}
		read := "has a version " + short(v.GetName()) + " that is " + v.GetState().String() + ", for " +
			v.GetAlgorithm().String()
		good := v.GetState() == kmspb.CryptoKeyVersion_ENABLED && v.GetAlgorithm() == signedBy
		f.expect(good, t, read, "ENABLED, for "+signedBy.String())
		n++
	}
	f.expect(n > 0, t, "has "+plural(n, "version"), "one or more")
}

// signers checks everybody who can sign by a role on the key, its ring or the project.
func (c *cloud) signers(ctx context.Context, f *findings, t thing) {
	for _, g := range c.keyGuards() {
		if g.name != t.name && g.name != c.ring().name {
			continue
		}
		p, ok := policy(ctx, c, f, g, "the tasks service alone signs")
		if !ok {
			continue
		}
		tasks := c.signersBy(ctx, f, g.thing, "lets ", p)
		if g.name == t.name {
			f.expect(tasks, t, "lets "+c.member(tasksAccount)+" sign: "+yes(tasks), "yes, and nobody else")
		}
	}
	if p, ok := projectPolicy(ctx, c, f, "the tasks service alone signs"); ok {
		c.signersBy(ctx, f, thing{"permissions on", c.project().name}, "let ", p)
	}
}

// signersBy names those whom a policy allows to sign, and reports whether the tasks service is among them.
func (c *cloud) signersBy(ctx context.Context, f *findings, on thing, lets string, p *iampb.Policy) bool {
	tasks := false
	for _, b := range p.GetBindings() {
		if !c.canSign(ctx, f, b.GetRole()) {
			continue
		}
		for _, m := range b.GetMembers() {
			read := lets + m + " sign by " + b.GetRole()
			switch {
			case m == c.member(tasksAccount) && b.GetRole() == signWithKey:
				tasks = tasks || b.GetCondition() == nil
			case c.sortOf(m) == gone:
			case c.forATime(b, m):
				f.remark(on, read+" if "+b.GetCondition().GetExpression(), "the tasks service alone signs")
			default:
				f.expect(false, on, read, "the tasks service alone signs")
			}
		}
	}
	return tasks
}

func (c *cloud) canSign(ctx context.Context, f *findings, role string) bool {
	if !isCustom(role) {
		return slices.Contains(signingRoles, role)
	}
	more, _ := c.beyondSettings(ctx, f, role)
	return slices.Contains(more, useToSign)
}
