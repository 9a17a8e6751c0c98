package firestore

// Usage is what Google would bill: documents read, by name or as results of queries, and documents written or deleted.
type Usage struct{ Reads, Writes int64 }

// Usage counts since the server was made, over all databases.
func (s *Server) Usage() Usage { return Usage{s.reads.Load(), s.written.Load()} }
