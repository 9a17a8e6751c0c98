// Package picture takes everything out of photos but what can be seen, and makes smaller ones of them.
//
// It must never decode a picture before it is known how much memory that takes, and never pass on a byte of what it was
// given: what comes out is encoded anew from the pixels.
package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"

	"golang.org/x/image/webp"
)

// MaxMemory limits the memory that cleaning one picture takes, in bytes.
const MaxMemory = 256 << 20

// maxFrames limits the pictures of which a GIF consists.
const maxFrames = 500

// Refusal is why a picture is not cleaned, in words for whoever sent it.
type Refusal string

// Error returns the words.
func (r Refusal) Error() string { return string(r) }

const (
	damaged  Refusal = "This photo is damaged or incomplete. Send it again, or open it and save it anew."
	moving   Refusal = "Moving WebP pictures cannot be cleaned. Send it as a GIF or a video."
	tooLarge Refusal = "This photo has too many pixels to be cleaned. Make it smaller, or save it as a plain JPEG " +
		"(not a progressive one) of at most 50 megapixels, and send it again."
)

// info is what the header says.
type info struct {
	kind          string // jpeg, png, webp, gif
	width, height int
	turn          int   // the orientation of EXIF, 1 to 8
	memory        int64 // what decoding and turning takes
}

// scan reads the header.
func scan(data []byte) (info, error) {
	in := info{turn: 1}
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		in.kind = "jpeg"
		err = in.scanJPEG(data)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		in.kind = "png"
		err = in.scanPNG(data)
	case bytes.HasPrefix(data, []byte("GIF8")):
		in.kind = "gif"
		err = in.scanGIF(data)
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		in.kind = "webp"
		err = in.scanWebP(data)
	default:
		err = damaged
	}
	switch {
	case err != nil && !errors.As(err, new(Refusal)):
		return in, fmt.Errorf("%w: %w", damaged, err)
	case err != nil:
		return in, err
	case in.width < 1 || in.height < 1:
		return in, damaged
	case in.memory > MaxMemory:
		return in, tooLarge
	}
	return in, nil
}

func (in *info) pixels() int64 { return int64(in.width) * int64(in.height) }

// needs says how many bytes a pixel takes when it is decoded, and when it is turned as well.
func (in *info) needs(decoded, turned float64) {
	each := decoded
	if in.turn != 1 {
		each += turned
	}
	in.memory = int64(each * float64(in.pixels()))
}

// scanJPEG reads the segments before the first scan.
func (in *info) scanJPEG(data []byte) error {
	for at := 2; ; {
		for at < len(data) && data[at] == 0xff && at+1 < len(data) && data[at+1] == 0xff {
			at++ // fill bytes
		}
		if at+4 > len(data) || data[at] != 0xff {
			return damaged
		}
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda { // the first scan
			return nil
		}
		if size < 2 || at+2+size > len(data) {
			return damaged
		}
		body := data[at+4 : at+2+size]
		switch {
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			in.oriented(body[6:])
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if err := in.frame(marker, body); err != nil {
				return err
			}
		}
		at += 2 + size
	}
}

// frame reads the header of a JPEG's frame.
func (in *info) frame(marker byte, body []byte) error {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return damaged
	}
	in.height, in.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	var area, most int
	for i := range int(body[5]) {
		sampling := int(body[7+3*i])
		area += (sampling >> 4) * (sampling & 15)
		most = max(most, (sampling>>4)*(sampling&15))
	}
	if most == 0 {
		return damaged
	}
	samples := float64(area) / float64(most) // of a pixel
	decoded := samples
	if marker == 0xc2 { // progressive: all coefficients are kept until the end
		decoded += 4 * samples
	}
	in.needs(decoded+0.5, samples) // and what is encoded
	return nil
}

func (in *info) scanPNG(data []byte) error {
	header, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	in.width, in.height = header.Width, header.Height
	for at := 8; at+8 <= len(data); {
		size := int64(binary.BigEndian.Uint32(data[at:]))
		if int64(at)+12+size > int64(len(data)) {
			break // the decoder says whether it is complete
		}
		if string(data[at+4:at+8]) == "eXIf" {
			in.oriented(data[at+8 : int64(at)+8+size])
		}
		at += 12 + int(size)
	}
	decoded := 4.0
	if data[24] == 16 { // bits of a sample
		decoded = 8
	}
	if data[28] != 0 { // interlaced: each pass is decoded by itself
		decoded *= 2
	}
	in.needs(decoded+1, 4)
	return nil
}

func (in *info) scanWebP(data []byte) error {
	header, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	in.width, in.height = header.Width, header.Height
	for at := 12; at+8 <= len(data); {
		size := int64(binary.LittleEndian.Uint32(data[at+4:]))
		end := int64(at) + 8 + size
		if end > int64(len(data)) {
			break
		}
		body := data[at+8 : end]
		switch string(data[at : at+4]) {
		case "EXIF":
			in.oriented(bytes.TrimPrefix(body, []byte("Exif\x00\x00")))
		case "ANIM", "ANMF":
			return moving
		case "VP8X":
			if len(body) > 0 && body[0]&2 != 0 {
				return moving
			}
		}
		at = int(end + size&1)
	}
	in.needs(9, 4) // decoded, and encoded as PNG if it is transparent
	return nil
}

// scanGIF counts the pictures in it, by its blocks.
func (in *info) scanGIF(data []byte) error {
	if len(data) < 13 {
		return damaged
	}
	in.width, in.height = int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	at, frames := 13+palette(data[10]), 0
	in.memory = 2 * in.pixels()
	for at < len(data) {
		switch data[at] {
		case 0x3b: // the end
			return nil
		case 0x21: // an extension
			at += 2
		case 0x2c: // a picture
			if at+10 > len(data) {
				return damaged
			}
			w, h := binary.LittleEndian.Uint16(data[at+5:]), binary.LittleEndian.Uint16(data[at+7:])
			in.memory += 2 * int64(w) * int64(h)
			if frames++; frames > maxFrames || in.memory > MaxMemory {
				return tooLarge
			}
			at += 10 + palette(data[at+9]) + 1
		default:
			return damaged
		}
		for at < len(data) && data[at] != 0 { // blocks
			at += 1 + int(data[at])
		}
		at++
	}
	return damaged
}

// palette is how many bytes the palette takes that these flags announce.
func palette(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// oriented reads the orientation from EXIF: tag 0x0112 of the first directory.
func (in *info) oriented(exif []byte) {
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case len(exif) < 8:
		return
	case string(exif[:2]) == "II":
		order = binary.LittleEndian
	case string(exif[:2]) != "MM":
		return
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				in.turn = v
			}
			return
		}
		entries = entries[12:]
	}
}

// upright is the size of the picture after it is turned.
func (in *info) upright() image.Point {
	if in.turn > 4 {
		return image.Pt(in.height, in.width)
	}
	return image.Pt(in.width, in.height)
}
