package firestore

// ExpireTransactions does what the janitor does every second.
func (s *Server) ExpireTransactions() { s.expireTransactions() }
