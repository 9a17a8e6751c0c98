package check

// Path is where a history is below the address of its installation. The address's host and this path are the origin of
// its heads.
const Path = "/security/history"

// The paths of the newest head and of the keys.
const (
	HeadPath = "/security/head"
	KeysPath = "/security/keys"
)
