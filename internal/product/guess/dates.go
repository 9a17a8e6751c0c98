package guess

// The cost of a date: a day of the years that people have in mind. A year alone costs less.
const (
	dayBits       = 12.5
	yearBits      = 6
	separatorBits = 1.5
	firstYear     = 1900
	lastYear      = 2059
	lastShort     = 99
)

// forms are the orders in which the parts of a date are written.
var forms = []string{"dmy", "mdy", "ymd"}

// dates finds days and years.
func (t *text) dates(add found) {
	for i := range t.raw {
		if year, to := t.number(i, 4); to == i+4 && year >= firstYear && year <= lastYear {
			add(i, to, yearBits)
		}
		for _, form := range forms {
			for _, year := range []int{4, 2} {
				t.date(i, form, year, add)
			}
		}
	}
}

// date reads one at a place, with the same separator twice, or with none and then with two digits for each part.
func (t *text) date(i int, form string, yearDigits int, add found) {
	if to, ok := t.parts(i, form, yearDigits, 2, 0); ok {
		add(i, to, dayBits)
	}
	for day := 1; day <= 2; day++ {
		for month := 1; month <= 2; month++ {
			if to, ok := t.parts(i, form, yearDigits, day, month); ok {
				add(i, to, dayBits+separatorBits)
			}
		}
	}
}

// parts reads the parts of a date. If the month has no number of digits there is no separator.
func (t *text) parts(i int, form string, year, day, month int) (to int, ok bool) {
	separated := month > 0
	if !separated {
		month = 2
	}
	var separator rune
	for n, part := range form {
		digits, low, high := day, 1, 31
		switch {
		case part == 'm':
			digits, high = month, 12
		case part == 'y' && year == 4:
			digits, low, high = 4, firstYear, lastYear
		case part == 'y':
			digits, low, high = 2, 0, lastShort
		}
		value, end := t.number(i, digits)
		if end != i+digits || value < low || value > high {
			return 0, false
		}
		i = end
		if !separated || n == len(form)-1 {
			continue
		}
		if i >= len(t.raw) || !separates(t.raw[i]) || n > 0 && t.raw[i] != separator {
			return 0, false
		}
		separator = t.raw[i]
		i++
	}
	return i, true
}

func separates(r rune) bool {
	switch r {
	case '/', '-', '.', ' ', '_', '\\', ':', ',', '年', '月':
		return true
	}
	return false
}

// number reads up to so many digits.
func (t *text) number(i, digits int) (value, to int) {
	for to = i; to < len(t.raw) && to < i+digits && t.raw[to] >= '0' && t.raw[to] <= '9'; to++ {
		value = value*10 + int(t.raw[to]-'0')
	}
	return value, to
}
