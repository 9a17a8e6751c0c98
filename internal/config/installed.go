package config

import "strings"

// Installed is an installation with the names that tohctl provision gives: only what the operator's commands need.
func Installed(project, region string) Config {
	return Config{
		Project: project, Region: region,
		ContentDatabase: "toh-content", KeysDatabase: "toh-keys", Topic: "toh-tasks",
		KMSKey: "projects/" + project + "/locations/" + region + "/keyRings/toh/cryptoKeys/workspaces",
	}
}

// Accounts are the service accounts that serve people and run tasks. A company that brings its own key must let them
// use it.
func (c Config) Accounts() []string {
	at := "@" + c.Project + ".iam.gserviceaccount.com"
	return []string{"toh-web" + at, "toh-tasks" + at}
}

// SigningKey is the key that signs the rounds of checkpoints. It is in the same key ring as the key that wraps
// keyrings.
func (c Config) SigningKey() string {
	ring, _, _ := strings.Cut(c.KMSKey, "/cryptoKeys/")
	return ring + "/cryptoKeys/audit-signing"
}
