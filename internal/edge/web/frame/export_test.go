package frame

// SecretField reports whether a field of the name is never carried along in a page.
func SecretField(name string) bool { return secretFields[name] }
