package cost

// Counts is what something uses of Google Cloud.
type Counts struct {
	Reads, Writes, Deletes float64 // documents of Firestore, both databases; a query without a result is one read
	Stored                 float64 // bytes of new documents, as Firestore counts them, without indexes
	IndexEntries           float64 // of new documents
	KMS, Secrets           float64 // operations, accesses
	LogEntries, LogBytes   float64 // of the trail, shipped to Cloud Logging; each entry is a document that expires, too
	Messages               float64 // published to Pub/Sub
	Requests               float64 // answered by Cloud Run
	CPU                    float64 // seconds
}

// Plus adds.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		c.Reads + d.Reads, c.Writes + d.Writes, c.Deletes + d.Deletes, c.Stored + d.Stored, c.IndexEntries + d.IndexEntries,
		c.KMS + d.KMS, c.Secrets + d.Secrets, c.LogEntries + d.LogEntries, c.LogBytes + d.LogBytes, c.Messages + d.Messages,
		c.Requests + d.Requests, c.CPU + d.CPU,
	}
}

// Times multiplies.
func (c Counts) Times(n float64) Counts {
	return Counts{
		c.Reads * n, c.Writes * n, c.Deletes * n, c.Stored * n, c.IndexEntries * n,
		c.KMS * n, c.Secrets * n, c.LogEntries * n, c.LogBytes * n, c.Messages * n,
		c.Requests * n, c.CPU * n,
	}
}
