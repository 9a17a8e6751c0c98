package account

import "github.com/tinyoperahouse/toh/internal/product/passwords"

// stranger is the seat of a client that no account vouches for.
func stranger(c Client) passwords.Seat { return passwords.Seat{Parties: prefixes(c)} }

// familiar is the seat of an account, proven by a known device, a session or a mailed link.
func familiar(c Client, account string) passwords.Seat {
	return passwords.Seat{Known: true, Parties: append([]string{"account/" + account}, prefixes(c)[1:]...)}
}
