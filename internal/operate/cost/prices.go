package cost

// Price is what one unit costs, in US dollars, before free allotments and discounts.
type Price struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	USD    float64 `json:"usd"`
	Source string  `json:"source"`
	// read in a published price list on the date below; otherwise remembered: check before relying on it
	Verified bool `json:"verified"`
}

// PricesAsOf is when the prices were gathered, for europe-west1.
const PricesAsOf = "2026-11-21"

// The prices. Where no list for europe-west1 itself was available, the higher price of the multi-region is used, so
// that the model errs upwards.
var (
	priceRead = Price{"Firestore reads", "document", 0.06 / 1e5, "Firestore price list, multi-region (an upper " +
		"bound for europe-west1)", false}
	priceWrite = Price{"Firestore writes", "document", 0.18 / 1e5, "Firestore price list, multi-region (an upper " +
		"bound for europe-west1)", false}
	priceDelete = Price{"Firestore deletes", "document, expiry included", 0.02 / 1e5,
		"Firestore price list, multi-region (an upper bound for europe-west1)", false}
	priceStorage = Price{"Firestore storage", "GiB-month", 0.18, "Firestore price list, multi-region (an upper bound " +
		"for europe-west1)", false}
	priceBackup      = Price{"Firestore backups", "GiB-month", 0.03, "remembered", false}
	priceKey         = Price{"KMS key versions", "version-month", 0.06, "remembered", false}
	priceKMS         = Price{"KMS operations", "operation", 0.03 / 1e4, "remembered", false}
	priceSign        = Price{"KMS signatures", "signature, EC P-256", 0.15 / 1e4, "remembered", false}
	priceSecret      = Price{"Secret Manager accesses", "access", 0.03 / 1e4, "Secret Manager price list", true}
	priceHeld        = Price{"Secret Manager versions", "version-month", 0.06, "Secret Manager price list", true}
	priceObjectWrite = Price{"Cloud Storage writes and lists", "operation (class A)", 0.005 / 1e3, "remembered",
		false}
	priceObjectRead = Price{"Cloud Storage reads", "operation (class B)", 0.0004 / 1e3, "remembered", false}
	priceLog        = Price{"Cloud Logging ingestion", "GiB, 30 days kept", 0.50, "Cloud Observability price list",
		true}
	priceMessage = Price{"Pub/Sub", "message of at most 1 kB, published and pushed", 2 * 1000 / float64(1<<40) * 40,
		"remembered ($40 per TiB)", false}
	priceCPU = Price{"Cloud Run CPU", "vCPU-second of an instance, busy or not", 0.000018,
		"Cloud Run price list, tier 1, CPU always allocated", true}
	priceMemory = Price{"Cloud Run memory", "GiB-second of an instance", 0.000002, "remembered", false}
)

// Prices are all prices that the model uses.
func Prices() []Price {
	return []Price{
		priceRead, priceWrite, priceDelete, priceStorage, priceBackup, priceKey, priceKMS, priceSign, priceSecret,
		priceHeld, priceObjectWrite, priceObjectRead, priceLog, priceMessage,
		priceCPU, priceMemory,
	}
}

// Quota is one of Google's limits for one project in one region.
type Quota struct {
	Name     string  `json:"name"`
	Most     float64 `json:"most"`
	Per      string  `json:"per"`
	Source   string  `json:"source"`
	Verified bool    `json:"verified"`
	Advice   string  `json:"advice"` // when the share is high
}

// The quotas.
var (
	quotaWrites = Quota{"Firestore writes", 10_000, "second", "earlier limit of a database; today's Firestore " +
		"grows with the load, half as much again every five minutes", false,
		"let the load grow slowly; watch contention"}
	quotaKMS = Quota{"KMS operations", 60_000, "minute", "KMS quotas (classic, per project)", true,
		"ask for more; keep keyrings longer in memory"}
	quotaLogWrite = Quota{"Logging write requests", 120_000, "minute",
		"Logging quotas (being replaced by one of bytes per region)", true, "ask for more"}
	quotaLogRead = Quota{"Logging read requests", 60, "minute", "Logging quotas", true,
		"the product reads its own trail: this is left to the operator"}
	quotaPubSub = Quota{"Pub/Sub publishing", 3_000_000, "minute, in kB", "remembered, of a large region", false,
		"ask for more"}
	quotaSecrets   = Quota{"Secret Manager accesses", 90_000, "minute", "remembered", false, "ask for more"}
	quotaInstances = Quota{"Cloud Run instances of web", 20, "service",
		"what internal/operate/provision sets; Google's own limit is the region's quota", true,
		"raise the most instances of toh-web, which provisioning leaves alone"}
)
