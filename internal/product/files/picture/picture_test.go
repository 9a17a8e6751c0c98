package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/files/picture"
)

// canary is in all data that must not come out.
const canary = "CANARY-48.2082,16.3738"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scene is a picture whose four corners differ: red, green, blue, white.
func scene(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch right, low := x >= w/2, y >= h/2; {
			case right && low:
				c = color.NRGBA{255, 255, 255, 255}
			case right:
				c = color.NRGBA{0, 160, 0, 255}
			case low:
				c = color.NRGBA{0, 0, 255, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// laid is the picture as a camera with this orientation stores it, so that turning it makes scene(w, h).
func laid(w, h, orientation int) *image.NRGBA {
	up := scene(w, h)
	sw, sh := w, h
	if orientation > 4 {
		sw, sh = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, sw, sh))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6: // the first row is on the right
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			out.SetNRGBA(sx, sy, up.NRGBAAt(x, y))
		}
	}
	return out
}

// exif has an orientation and a canary.
func exif(orientation int, order binary.ByteOrder) []byte {
	mark := "MM\x00*"
	if order == binary.ByteOrder(binary.LittleEndian) {
		mark = "II*\x00"
	}
	b := []byte(mark)
	b = append(b, 0, 0, 0, 0)
	order.PutUint32(b[4:], 8)
	entry := func(tag, kind uint16, count, value uint32, short bool) {
		e := make([]byte, 12)
		order.PutUint16(e, tag)
		order.PutUint16(e[2:], kind)
		order.PutUint32(e[4:], count)
		if short {
			order.PutUint16(e[8:], uint16(value))
		} else {
			order.PutUint32(e[8:], value)
		}
		b = append(b, e...)
	}
	n := make([]byte, 2)
	order.PutUint16(n, 2)
	b = append(b, n...)
	entry(0x010e, 2, uint32(len(canary)), 8+2+24+4, false)
	entry(0x0112, 3, 1, uint32(orientation), true)
	b = append(b, 0, 0, 0, 0)
	return append(b, canary...)
}

func segment(marker byte, body []byte) []byte {
	return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

// asJPEG is a JPEG with all sorts of metadata, an embedded thumbnail and something after its end.
func asJPEG(t testing.TB, img image.Image, orientation int, order binary.ByteOrder) []byte {
	t.Helper()
	var plain bytes.Buffer
	must(t, jpeg.Encode(&plain, img, &jpeg.Options{Quality: 95}))
	out := []byte{0xff, 0xd8}
	out = append(out, segment(0xe1, append([]byte("Exif\x00\x00"), exif(orientation, order)...))...)
	out = append(out, segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+canary))...)
	out = append(out, segment(0xed, []byte("Photoshop 3.0\x008BIM"+canary))...)
	out = append(out, segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01"+canary))...)
	out = append(out, segment(0xfe, []byte(canary))...)
	out = append(out, plain.Bytes()[2:]...)
	return append(out, canary...)
}

func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func asPNG(t testing.TB, img image.Image, orientation int) []byte {
	t.Helper()
	var plain bytes.Buffer
	must(t, png.Encode(&plain, img))
	data := plain.Bytes()
	out := bytes.Clone(data[:33])
	out = append(out, chunk("tEXt", []byte("Comment\x00"+canary))...)
	out = append(out, chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+canary))...)
	out = append(out, chunk("eXIf", exif(orientation, binary.BigEndian))...)
	out = append(out, data[33:]...)
	return append(out, canary...)
}

func asGIF(t testing.TB, frames, w, h int) []byte {
	t.Helper()
	all := &gif.GIF{Config: image.Config{Width: w, Height: h}}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
		p.SetColorIndex(i%w, 0, 1)
		all.Image, all.Delay = append(all.Image, p), append(all.Delay, 10)
	}
	var out bytes.Buffer
	must(t, gif.EncodeAll(&out, all))
	data := out.Bytes()
	end := len(data) - 1
	comment := append([]byte{0x21, 0xfe, byte(len(canary))}, canary...)
	return append(append(append(bytes.Clone(data[:end]), append(comment, 0)...), 0x3b), canary...)
}

// upright fails the test unless the picture is scene(w, h), but for what JPEG changes.
func upright(t *testing.T, what string, data []byte, w, h int) {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if b := img.Bounds(); b.Dx() != w || b.Dy() != h {
		t.Errorf("%s: %v, wanted %d by %d", what, b, w, h)
		return
	}
	want := scene(w, h)
	for _, at := range []image.Point{{w / 8, h / 8}, {w - 1 - w/8, h / 8}, {w / 8, h - 1 - h/8}, {w - 1 - w/8,
		h - 1 - h/8}} {
		r, g, b, _ := img.At(at.X, at.Y).RGBA()
		wr, wg, wb, _ := want.At(at.X, at.Y).RGBA()
		for _, d := range []int{int(r) - int(wr), int(g) - int(wg), int(b) - int(wb)} {
			if d > 0x1800 || d < -0x1800 {
				t.Errorf("%s: at %v it is %x %x %x, wanted %x %x %x", what, at, r, g, b, wr, wg, wb)
				break
			}
		}
	}
}

func bare(t *testing.T, what string, c *picture.Clean) {
	t.Helper()
	all := [][]byte{c.Data}
	for _, p := range c.Previews {
		all = append(all, p.Data)
	}
	for _, data := range all {
		for _, mark := range []string{canary, "Exif", "eXIf", "xmpmeta", "8BIM", "ICC_PROFILE", "iCCP", "tEXt",
			"iTXt", "tIME"} {
			if bytes.Contains(data, []byte(mark)) {
				t.Errorf("%s: %q came out", what, mark)
			}
		}
	}
}

func TestPhotosAreUprightAndBare(t *testing.T) {
	t.Parallel()
	gray := func(img image.Image) image.Image {
		out := image.NewGray(img.Bounds())
		for i := range out.Pix {
			out.Pix[i] = byte(i)
		}
		return out
	}
	for turn := 1; turn <= 8; turn++ {
		for _, size := range []image.Point{{64, 48}, {65, 49}, {48, 64}, {2000, 1200}} {
			img := laid(size.X, size.Y, turn)
			for what, data := range map[string][]byte{
				"JPEG, big endian": asJPEG(t, img, turn, binary.BigEndian), "JPEG, little endian": asJPEG(t, img,
					turn, binary.LittleEndian),
				"PNG": asPNG(t, img, turn),
			} {
				c, err := picture.Of(data)
				if err != nil {
					t.Errorf("%s %d %v: %v", what, turn, size, err)
					continue
				}
				if c.Width != size.X || c.Height != size.Y || len(c.Previews) != 2 {
					t.Errorf("%s %d %v: %d by %d", what, turn, size, c.Width, c.Height)
				}
				upright(t, what, c.Data, size.X, size.Y)
				for _, p := range c.Previews {
					upright(t, what+", preview", p.Data, p.Width, p.Height)
				}
				if small := c.Previews[0]; max(small.Width, small.Height) != min(320, max(size.X, size.Y)) {
					t.Errorf("%v: the preview is %d by %d", size, small.Width, small.Height)
				}
				bare(t, what, c)
			}
			c, err := picture.Of(asJPEG(t, gray(img), turn, binary.BigEndian))
			if err != nil || c.Width != size.X {
				t.Errorf("gray %d %v: %v", turn, size, err)
			}
		}
	}
}

func TestGIFsKeepMoving(t *testing.T) {
	t.Parallel()
	c, err := picture.Of(asGIF(t, 5, 40, 30))
	must(t, err)
	all, err := gif.DecodeAll(bytes.NewReader(c.Data))
	if err != nil || len(all.Image) != 5 || all.Delay[4] != 10 || c.Type != "image/gif" {
		t.Errorf("%d pictures, %v", len(all.Image), err)
	}
	bare(t, "GIF", c)
}

// huge are headers that announce much, of a few bytes.
func huge(t *testing.T) map[string][]byte {
	t.Helper()
	var small bytes.Buffer
	must(t, jpeg.Encode(&small, scene(16, 16), nil))
	sof := bytes.Index(small.Bytes(), []byte{0xff, 0xc0})
	jpg := bytes.Clone(small.Bytes())
	binary.BigEndian.PutUint16(jpg[sof+5:], 60000)
	binary.BigEndian.PutUint16(jpg[sof+7:], 60000)
	progressive := bytes.Clone(small.Bytes())
	progressive[sof+1] = 0xc2
	binary.BigEndian.PutUint16(progressive[sof+5:], 6000)
	binary.BigEndian.PutUint16(progressive[sof+7:], 9000)
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 100000), 100000)
	flood := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(header, 8, 6, 0, 0, 0))...)
	flood = append(flood, chunk("IDAT", []byte("x"))...)
	big := asGIF(t, 1, 10, 10)
	binary.LittleEndian.PutUint16(big[6:], 65535)
	binary.LittleEndian.PutUint16(big[8:], 65535)
	webp := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xffVP8 " +
		"\x00\x00\x00\x00")
	return map[string][]byte{"JPEG": jpg, "progressive JPEG": progressive, "PNG": flood, "GIF": big, "WebP": webp,
		"GIF of 10,000": asGIF(t, 10000, 4, 4)}
}

// aWebP is one pixel, with EXIF and XMP around it.
func aWebP(t *testing.T) []byte {
	t.Helper()
	plain, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	must(t, err)
	part := func(kind string, body []byte) []byte {
		out := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
		out = append(out, body...)
		return append(out, make([]byte, len(body)%2)...)
	}
	all := append([]byte("WEBP"), part("VP8X", []byte{0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0})...)
	all = append(all, plain[12:]...)
	all = append(all, part("EXIF", exif(6, binary.LittleEndian))...)
	all = append(all, part("XMP ", []byte(canary))...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(all))), all...)
}

func TestWebPsBecomeWhatCanBeCleaned(t *testing.T) {
	t.Parallel()
	c, err := picture.Of(aWebP(t))
	must(t, err)
	if c.End != ".png" && c.End != ".jpg" || c.Width != 1 || c.Height != 1 {
		t.Errorf("%+v", c)
	}
	bare(t, "WebP", c)
}

// A photo of 50 megapixels, lying on its side, stays within the stated memory: all that is allocated together does.
func TestLargePhotosFit(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 8192, 6144), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(i>>5) ^ byte(i>>13)
	}
	data := asJPEG(t, img, 6, binary.BigEndian)
	img = nil
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := picture.Of(data)
	runtime.ReadMemStats(&after)
	must(t, err)
	t.Logf("%d MB of JPEG took %d MB", len(data)>>20, (after.TotalAlloc-before.TotalAlloc)>>20)
	if after.TotalAlloc-before.TotalAlloc > picture.MaxMemory || c.Width != 6144 || len(c.Previews[1].Data) > 2<<20 {
		t.Errorf("%d by %d took %d bytes", c.Width, c.Height, after.TotalAlloc-before.TotalAlloc)
	}
}

// What is too large is refused by its header: hardly any memory is taken.
func TestPixelFloodsAreRefusedByTheirHeader(t *testing.T) {
	for what, data := range huge(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := picture.Of(data)
		runtime.ReadMemStats(&after)
		var refusal picture.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v", what, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: %d bytes were allocated", what, used)
		}
	}
}

func TestDamagedPhotosAreRefused(t *testing.T) {
	t.Parallel()
	for what, data := range map[string][]byte{
		"JPEG": asJPEG(t, scene(200, 100), 6, binary.BigEndian), "PNG": asPNG(t, scene(200, 100), 6), "GIF": asGIF(t,
			3, 20, 20),
	} {
		for _, n := range []int{0, 2, 5, 12, 20, 40, len(data) / 3, len(data) / 2} {
			var refusal picture.Refusal
			if _, err := picture.Of(data[:n]); !errors.As(err, &refusal) {
				t.Errorf("%s of %d bytes: %v", what, n, err)
			}
		}
	}
}

// FuzzScan: whatever comes, nothing panics, and what is refused is refused in words.
func FuzzScan(f *testing.F) {
	f.Add(asJPEG(f, scene(16, 16), 6, binary.BigEndian))
	f.Add(asPNG(f, scene(16, 16), 3))
	f.Add(asGIF(f, 2, 8, 8))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var refusal picture.Refusal
		if _, err := picture.Of(data); err != nil && !errors.As(err, &refusal) {
			t.Error(err)
		}
	})
}
