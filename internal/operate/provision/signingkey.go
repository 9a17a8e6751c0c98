package provision

import "cloud.google.com/go/kms/apiv1/kmspb"

const (
	signWithKey = "roles/cloudkms.signer"
	seePublic   = "roles/cloudkms.publicKeyViewer"
)

// signingKey signs the checkpoints of the trail. Google does not rotate signing keys by itself, and what a version
// signed can be verified only while that version is enabled.
func (s Spec) signingKey() Resource {
	const algorithm = kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256
	return s.cryptoKey(SigningKey, &kmspb.CryptoKey{
		Purpose:         kmspb.CryptoKey_ASYMMETRIC_SIGN,
		VersionTemplate: &kmspb.CryptoKeyVersionTemplate{Algorithm: algorithm},
	}, sub("version_template", set("algorithm", algorithm.String())))
}

// signingGrants let only the tasks service sign, and both services verify.
func (s Spec) signingGrants() []grant {
	return []grant{
		{on: s.onKey(SigningKey), role: signWithKey, member: s.member(TasksAccount)},
		{on: s.onKey(SigningKey), role: seePublic, member: s.member(TasksAccount)},
		{on: s.onKey(SigningKey), role: seePublic, member: s.member(WebAccount)},
	}
}
