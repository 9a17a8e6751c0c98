package telemetry

// Entry counts a durable entry of the trail, by words of the code. It belongs to no span, because it may be one of many
// in a commit.
func (t *Telemetry) Entry(action, outcome string) {
	t.count(AuditEntries, outcome)
	if outcome == "denied" {
		t.count(Denials, action)
	}
}

// Job counts an attempt of a job.
func (t *Telemetry) Job(kind, outcome string) { t.count(JobRuns, kind, outcome) }

// ShippingFailed counts a batch of the trail that did not arrive.
func (t *Telemetry) ShippingFailed() { t.count(AuditShippingFailures) }

// SignInFailed counts a sign-in that was refused because of its credentials.
func (t *Telemetry) SignInFailed() { t.count(SignInFailures) }

// Attested counts an attestation of the cloud.
func (t *Telemetry) Attested(state string) { t.count(Attestations, state) }

// LockedOut counts a sign-in that was refused because there were too many failures before.
func (t *Telemetry) LockedOut() { t.count(SignInLockouts) }

func (t *Telemetry) count(kind string, values ...string) {
	if t != nil {
		t.counts.add(t.base, kind, values...)
	}
}
