// Package signing signs with a key in Cloud KMS for EC_SIGN_P256_SHA256, and checks what was signed. The key's highest
// enabled version signs.
//
// Everything that is signed belongs to a Domain, so that a signature of one thing never holds for another. The package
// must never sign what has no domain, and never know what the things mean.
package signing
