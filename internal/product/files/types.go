package files

import (
	"context"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

// sniffed is how many bytes from the beginning of a file say what it is.
const sniffed = 3072

// refusals say of types, by content, why they are refused.
var refusals = []struct{ says, types string }{
	{"Programs are not kept. If it belongs to the show, keep it where programs are kept, and note here where that is.",
		"application/vnd.microsoft.portable-executable application/x-elf application/x-object " +
			"application/x-executable " +
			"application/x-sharedlib application/x-coredump application/x-mach-binary application/jar " +
			"application/java-archive application/x-java-applet application/vnd.android.package-archive " +
			"application/x-ms-installer application/x-ms-shortcut application/wasm application/x-chrome-extension " +
			"application/vnd.ms-cab-compressed application/vnd.debian.binary-package application/x-rpm " +
			"application/x-installshield application/vnd.ms-htmlhelp application/x-apple-diskimage"},
	{"Scripts are not kept. Send the text as a .txt file, or pack it into a ZIP archive.",
		"text/javascript application/javascript text/x-php text/x-python text/x-perl text/x-ruby text/x-lua " +
			"text/x-tcl " +
			"text/x-shellscript application/x-sh text/x-sh"},
	{"Web pages and SVG drawings can run programs, and are not kept. Send it as a PDF or a picture.",
		"text/html application/xhtml+xml image/svg+xml"},
	{"HEIC photos cannot be freed of the place and other data that the camera put in. Send it as a JPEG: on an " +
		"iPhone, " +
		"choose “Most Compatible” under Settings, Camera, Formats, or share the photo by mail to yourself.",
		"image/heic image/heic-sequence image/heif image/heif-sequence image/avif"},
	{"This sort of picture cannot be freed of the data that the camera put in. Send it as a JPEG or PNG.",
		"image/tiff image/bmp image/vnd.adobe.photoshop image/jxl image/jp2 image/jpx image/jpm image/x-icon " +
			"image/vnd.djvu image/jxs image/jxr image/x-xcf image/vnd.radiance image/x-gimp-pat image/x-gimp-gbr " +
			"image/bpg image/vnd.dwg image/x-xpixmap image/x-portable-bitmap"},
}

// typeOf is the media type of what begins like this, and why it is refused, "" if it is not.
func typeOf(head []byte) (kind, refusal string) {
	found := mimetype.Detect(head)
	for m := found; m != nil; m = m.Parent() {
		name, _, _ := strings.Cut(m.String(), ";")
		if m == found {
			kind = name
		}
		for _, r := range refusals {
			for of := range strings.FieldsSeq(r.types) {
				if name == of {
					return kind, r.says
				}
			}
		}
	}
	if strings.HasPrefix(kind, "image/") && !cleanable(kind) {
		return kind, refusals[len(refusals)-1].says
	}
	return kind, ""
}

// cleanable reports whether pictures of the type are cleaned.
func cleanable(kind string) bool {
	switch kind {
	case "image/jpeg", "image/png", "image/webp", "image/gif":
		return true
	}
	return false
}

// typed finds out what the file is from its first part. An upload of what is refused ends.
func (s *Service) typed(ctx context.Context, c access.Caller, id string, t *taken) error {
	kind, refusal := typeOf(t.head)
	t.kind = kind
	if refusal == "" {
		return nil
	}
	if err := s.removal(ctx, c, access.FileRemove, id, 0, stillUploading); err != nil {
		return err
	}
	return model.InvalidFields(map[string]string{"file": refusal})
}

func stillUploading(f *File) error {
	if f.State != Uploading {
		return model.Conflict("This file is complete.")
	}
	return nil
}
