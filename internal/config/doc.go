// Package config is the one validated Config of a process, and the only place that reads the environment.
//
// It is a leaf. It must never hold the value of a secret, only the names under which Secret Manager stores them. A
// process that would be insecure with the given settings does not start: every problem is reported, on one line each,
// and each line says what to set.
//
// The settings of cmd/toh, with their defaults:
//
//	TOH_BASE_URL              the public address of the service, https
//	TOH_ROLE                  web, tasks or all (all)
//	PORT                      8080
//	TOH_PROJECT, TOH_REGION
//	TOH_FIRESTORE_DATABASE    of documents; TOH_KEYS_DATABASE of wrapped keys
//	TOH_KMS_KEY               projects/…/cryptoKeys/…
//	TOH_TOPIC                 toh-tasks
//	TOH_PUSH_SERVICE_ACCOUNT  who pushes tasks; TOH_PUSH_AUDIENCE for which audience (not needed by web)
//	TOH_SECRET_SESSION_KEYS   toh-session-keys; TOH_SECRET_PEPPER, TOH_SECRET_CURSOR_KEY, TOH_SECRET_MAIL likewise
//	TOH_MAIL                  resend or smtp (resend); TOH_MAIL_FROM; TOH_SMTP_HOST, TOH_SMTP_PORT (587), TOH_SMTP_USER
//	TOH_OPERATOR              who runs the service, by name; TOH_CONTACT: the address for security, privacy and abuse
//	                          (the address of TOH_MAIL_FROM)
//	TOH_SESSION_IDLE          12h; TOH_SESSION_ABSOLUTE 168h
//	TOH_BCRYPT_COST           12
//	TOH_API_PER_SECOND        25; TOH_API_BURST 250: requests of one API token, over all instances
//	TOH_PROXY_HOPS            1
//	TOH_TELEMETRY             on or off (on): traces and metrics; TOH_TRACE_RATIO 0.05: the share of requests traced
//	TOH_LOG_LEVEL             debug, info, warn or error (info)
package config
