package templates

import (
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// Icons draws icons by name. They are decoration: words say the same beside them.
type Icons map[string]template.HTML

// LoadIcons reads the drawings of a tree. They are the Lucide set, under the licence beside them.
func LoadIcons(files fs.FS) (Icons, error) {
	names, err := fs.Glob(files, "icons/*.svg")
	if err != nil {
		return nil, fmt.Errorf("templates: icons: %w", err)
	}
	icons := Icons{}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		icons[strings.TrimSuffix(path.Base(name), ".svg")] = wrapIcon(string(data))
	}
	return icons, nil
}

// wrapIcon completes a drawing that is part of this binary; nothing of a request ever gets here.
func wrapIcon(drawing string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + drawing + `</svg>`) // #nosec G203 -- built-in files only
}

// Draw is the icon of a name. An unknown name is an error, so that a page with one never leaves the tests.
func (i Icons) Draw(name string) (template.HTML, error) {
	drawing, ok := i[name]
	if !ok {
		return "", fmt.Errorf("templates: there is no icon %q", name)
	}
	return drawing, nil
}
