package cost

// Counts is what something uses of Google Cloud.
type Counts struct {
	Reads   float64 `json:"reads"` // documents of Firestore, both databases; a query without a result is one read
	Writes  float64 `json:"writes"`
	Deletes float64 `json:"deletes"`
	// of new documents that stay, as Firestore counts them, without indexes
	Stored       float64 `json:"stored_bytes"`
	IndexEntries float64 `json:"index_entries"`  // of new documents
	KMS          float64 `json:"kms_operations"` // without signatures
	Signs        float64 `json:"kms_signatures"`
	Secrets      float64 `json:"secret_accesses"`
	// of the trail, shipped to Cloud Logging; each entry is also a document that expires
	LogEntries float64 `json:"log_entries"`
	LogBytes   float64 `json:"log_bytes"`
	Messages   float64 `json:"messages"` // published to Pub/Sub
	Requests   float64 `json:"requests"` // answered by Cloud Run
	CPU        float64 `json:"cpu_seconds"`
}

// Plus adds.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		c.Reads + d.Reads, c.Writes + d.Writes, c.Deletes + d.Deletes, c.Stored + d.Stored, c.IndexEntries +
			d.IndexEntries,
		c.KMS + d.KMS, c.Signs + d.Signs, c.Secrets + d.Secrets, c.LogEntries + d.LogEntries, c.LogBytes + d.LogBytes,
		c.Messages + d.Messages,
		c.Requests + d.Requests, c.CPU + d.CPU,
	}
}

// Times multiplies.
func (c Counts) Times(n float64) Counts {
	return Counts{
		c.Reads * n, c.Writes * n, c.Deletes * n, c.Stored * n, c.IndexEntries * n,
		c.KMS * n, c.Signs * n, c.Secrets * n, c.LogEntries * n, c.LogBytes * n, c.Messages * n,
		c.Requests * n, c.CPU * n,
	}
}
