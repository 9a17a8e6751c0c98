package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Clean is a picture without anything but what can be seen.
type Clean struct {
	Type          string // its media type
	End           string // of its name, with the dot
	Data          []byte
	Width, Height int
	Previews      []Preview // the smallest first; always one at least
}

// Preview is a smaller picture, as a JPEG or PNG.
type Preview struct {
	Type          string
	Data          []byte
	Width, Height int
}

// Sizes are the lengths of the longer sides of the previews.
var Sizes = []int{320, 1600}

const (
	quality        = 90
	previewQuality = 82
)

// Of cleans a picture: it is decoded, turned upright and encoded anew. What cannot be cleaned is a Refusal.
func Of(data []byte) (*Clean, error) {
	in, err := scan(data)
	if err != nil {
		return nil, err
	}
	if in.kind == "gif" {
		return cleanGIF(data)
	}
	src, err := decode(in, data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", damaged, err)
	}
	if b := src.Bounds(); b.Dx() != in.width || b.Dy() != in.height {
		return nil, damaged
	}
	src = turned(src, in.turn)
	size := in.upright()
	c := &Clean{Width: size.X, Height: size.Y}
	if c.Type, c.Data, err = encoded(src, in.kind == "png", quality); err != nil {
		return nil, err
	}
	c.End = map[string]string{"image/png": ".png", "image/jpeg": ".jpg"}[c.Type]
	return c, c.preview(src)
}

func decode(in info, data []byte) (image.Image, error) {
	switch from := bytes.NewReader(data); in.kind {
	case "jpeg":
		return jpeg.Decode(from)
	case "png":
		return png.Decode(from)
	default:
		return webp.Decode(from)
	}
}

// encoded encodes a picture: as JPEG, unless it is transparent or is to be kept exactly.
func encoded(src image.Image, exact bool, quality int) (kind string, data []byte, err error) {
	var out bytes.Buffer
	if exact || !opaque(src) {
		err = png.Encode(&out, src)
		return "image/png", out.Bytes(), err
	}
	err = jpeg.Encode(&out, src, &jpeg.Options{Quality: quality})
	return "image/jpeg", out.Bytes(), err
}

func opaque(src image.Image) bool {
	o, ok := src.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// preview makes the smaller pictures, each from the next larger one.
func (c *Clean) preview(src image.Image) error {
	for i := len(Sizes) - 1; i >= 0; i-- {
		small := fitted(src, Sizes[i])
		kind, data, err := encoded(small, false, previewQuality)
		if err != nil {
			return err
		}
		b := small.Bounds()
		c.Previews = append([]Preview{{kind, data, b.Dx(), b.Dy()}}, c.Previews...)
		src = small
	}
	return nil
}

// fitted is the picture with its longer side of at most so many pixels. It averages whole blocks of pixels first, so
// that nothing flickers and little memory is needed.
func fitted(src image.Image, most int) image.Image {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > most {
		w, h = max(1, w*most/long), max(1, h*most/long)
	}
	if block := min(b.Dx()/w, b.Dy()/h); block > 1 {
		src = averaged(src, block)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), src, src.Bounds(), draw.Src, nil)
	return out
}

func averaged(src image.Image, block int) image.Image {
	from, ok := src.(image.RGBA64Image)
	if !ok {
		return src
	}
	b := src.Bounds()
	out := image.NewRGBA64(image.Rect(0, 0, b.Dx()/block, b.Dy()/block))
	for y := range out.Rect.Max.Y {
		for x := range out.Rect.Max.X {
			out.SetRGBA64(x, y, average(from, b.Min.X+x*block, b.Min.Y+y*block, block))
		}
	}
	return out
}

func average(from image.RGBA64Image, x, y, block int) color.RGBA64 {
	var r, g, b, a uint64
	for dy := range block {
		for dx := range block {
			c := from.RGBA64At(x+dx, y+dy)
			r, g, b, a = r+uint64(c.R), g+uint64(c.G), b+uint64(c.B), a+uint64(c.A)
		}
	}
	n := uint64(block * block) // #nosec G115 -- small
	return color.RGBA64{R: uint16(r / n), G: uint16(g / n), B: uint16(b / n),
		A: uint16(a / n)} // #nosec G115 -- averages
}

// cleanGIF keeps the pictures of a GIF, and how they follow each other.
func cleanGIF(data []byte) (*Clean, error) {
	all, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", damaged, err)
	}
	if len(all.Image) == 0 {
		return nil, damaged
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, all); err != nil {
		return nil, errors.Join(damaged, err)
	}
	first := image.NewRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	draw.Draw(first, all.Image[0].Bounds(), all.Image[0], all.Image[0].Bounds().Min, draw.Over)
	c := &Clean{Type: "image/gif", End: ".gif", Data: out.Bytes(), Width: all.Config.Width, Height: all.Config.Height}
	return c, c.preview(first)
}
