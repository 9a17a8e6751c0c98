// Package audit keeps the trail: who did what to which record, when, and how it ended. An entry is a document of the
// scope it is about, lives 14 days, and is shipped to Cloud Logging.
//
// It must never hold plaintext of a workspace's data (labels are sealed under the scope's own key), never report an
// entry as written before it is durable, and never show an entry that is older than 14 days.
package audit
