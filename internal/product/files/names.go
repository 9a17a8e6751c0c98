package files

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

// CleanName makes a name of a file that every disk and every page can have: without folders, control characters and
// marks that change the direction of writing, composed, and not too long. What comes after the last dot stays.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029':
			return -1
		case strings.ContainsRune(`<>:"|?*`, r): // impossible on some disks
			return '_'
		}
		return r
	}, norm.NFC.String(name))
	name = strings.Trim(name, " .")
	if name == "" || name == "/" {
		return "file"
	}
	if n := utf8.RuneCountInString(name); n > MaxName {
		end := path.Ext(name)
		if utf8.RuneCountInString(end) > 12 {
			end = ""
		}
		letters := []rune(strings.TrimSuffix(name, end))
		name = string(letters[:MaxName-utf8.RuneCountInString(end)]) + end
	}
	return name
}

// nameProblem is why a file with this name is refused, "" if it is not.
func nameProblem(name string) string {
	if cardnumber.In(name) {
		return cardnumber.Refusal
	}
	if end := strings.ToLower(path.Ext(name)); runs[end] {
		return fmt.Sprintf("Files whose names end with %s can run programs, and are not kept. Send what it shows as a "+
			"PDF or a picture, or pack it into a ZIP archive.", end)
	}
	return ""
}

// runs are the ends of names by which systems run a file, whatever is in it.
var runs = map[string]bool{}

func init() {
	for end := range strings.FieldsSeq(".ade .adp .app .appimage .bat .chm .cmd .com .cpl .dll .dmg .elf .exe " +
		".hta .htm .html .isp .jar .js .jse .jsp .lnk .mjs .msc .msi .msix .mst .php .pif .ps1 .ps2 .psm1 .py " +
		".rb .reg .scf .scr .sh .shtml .svg .svgz .sys .vb .vbe .vbs .wasm .ws .wsc .wsf .wsh .xhtml .xht") {
		runs[end] = true
	}
}
