package config

import "strings"

// Installed is an installation under the names that tohctl provision gives: only what the operator's commands need.
func Installed(project, region string) Config {
	return Config{
		Project: project, Region: region,
		ContentDatabase: "toh-content", KeysDatabase: "toh-keys", Topic: "toh-tasks",
		KMSKey: "projects/" + project + "/locations/" + region + "/keyRings/toh/cryptoKeys/workspaces",
	}
}

// Accounts are the service accounts that serve people and do tasks. Whoever brings a key lets them use it.
func (c Config) Accounts() []string {
	at := "@" + c.Project + ".iam.gserviceaccount.com"
	return []string{"toh-web" + at, "toh-tasks" + at}
}

// SigningKey is the key that signs what proves the trail whole. It lies beside the one that wraps keyrings.
func (c Config) SigningKey() string {
	ring, _, _ := strings.Cut(c.KMSKey, "/cryptoKeys/")
	return ring + "/cryptoKeys/audit-signing"
}
