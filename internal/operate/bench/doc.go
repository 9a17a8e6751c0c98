// Package bench measures the API over real HTTP, beside a bare net/http handler that answers with as many bytes in the
// same run.
//
// It must never leave the loopback interface, run without end, or count a request as served that was not answered
// correctly.
package bench
