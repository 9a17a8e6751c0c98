package picture

import (
	"image"
	"image/color"
)

// turned is the picture as it is to be seen. The planes of photos are turned as they are, which takes little memory.
func turned(src image.Image, turn int) image.Image {
	if turn == 1 {
		return src
	}
	switch src := src.(type) {
	case *image.YCbCr:
		if ratio := src.SubsampleRatio; ratio != image.YCbCrSubsampleRatio411 && ratio != image.YCbCrSubsampleRatio410 {
			return turnedPlanes(src, turn)
		}
	case *image.Gray:
		b := src.Bounds()
		p := turnedPlane(plane{src.Pix[src.PixOffset(b.Min.X, b.Min.Y):], src.Stride, b.Dx(), b.Dy()}, turn)
		return &image.Gray{Pix: p.pix, Stride: p.stride, Rect: image.Rect(0, 0, p.w, p.h)}
	}
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Pt(w, h)
	if turn > 4 {
		size = image.Pt(h, w)
	}
	out := image.NewNRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			sx, sy := source(turn, x, y, w, h)
			out.SetNRGBA(x, y, color.NRGBAModel.Convert(src.At(b.Min.X+sx, b.Min.Y+sy)).(color.NRGBA))
		}
	}
	return out
}

// source is where the pixel at x, y of the upright picture is in a picture of the size w, h.
func source(turn, x, y, w, h int) (sx, sy int) {
	switch turn {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}

// plane is one component of a picture.
type plane struct {
	pix          []byte
	stride, w, h int
}

func turnedPlane(p plane, turn int) plane {
	out := plane{w: p.w, h: p.h}
	if turn > 4 {
		out.w, out.h = p.h, p.w
	}
	out.stride, out.pix = out.w, make([]byte, out.w*out.h)
	for y := range out.h {
		row := out.pix[y*out.stride:]
		for x := range out.w {
			sx, sy := source(turn, x, y, p.w, p.h)
			row[x] = p.pix[sy*p.stride+sx]
		}
	}
	return out
}

func turnedPlanes(src *image.YCbCr, turn int) image.Image {
	b := src.Bounds()
	c := chroma(src.SubsampleRatio, b)
	light := turnedPlane(plane{src.Y[src.YOffset(b.Min.X, b.Min.Y):], src.YStride, b.Dx(), b.Dy()}, turn)
	at := src.COffset(b.Min.X, b.Min.Y)
	cb := turnedPlane(plane{src.Cb[at:], src.CStride, c.X, c.Y}, turn)
	cr := turnedPlane(plane{src.Cr[at:], src.CStride, c.X, c.Y}, turn)
	ratio := src.SubsampleRatio
	if turn > 4 {
		ratio = swapped(ratio)
	}
	return &image.YCbCr{Y: light.pix, Cb: cb.pix, Cr: cr.pix, YStride: light.stride, CStride: cb.stride,
		SubsampleRatio: ratio, Rect: image.Rect(0, 0, light.w, light.h)}
}

// chroma is the size of the planes of color.
func chroma(ratio image.YCbCrSubsampleRatio, b image.Rectangle) image.Point {
	x, y := 1, 1
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		x = 2
	case image.YCbCrSubsampleRatio420:
		x, y = 2, 2
	case image.YCbCrSubsampleRatio440:
		y = 2
	}
	return image.Pt((b.Max.X+x-1)/x-b.Min.X/x, (b.Max.Y+y-1)/y-b.Min.Y/y)
}

// swapped is the ratio of a picture on its side. The two ratios that have none are turned pixel by pixel.
func swapped(ratio image.YCbCrSubsampleRatio) image.YCbCrSubsampleRatio {
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		return image.YCbCrSubsampleRatio440
	case image.YCbCrSubsampleRatio440:
		return image.YCbCrSubsampleRatio422
	}
	return ratio
}
