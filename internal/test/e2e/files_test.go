package e2e

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// chosen puts two files into the page's field, as somebody does who chooses them: a text of two parts and a photo that
// the browser draws.
const chosen = `(async () => {
	const canvas = new OffscreenCanvas(900, 600), draw = canvas.getContext("2d");
	draw.fillStyle = "#7a1f1f"; draw.fillRect(0, 0, 900, 600); draw.fillStyle = "#e8c35a"; draw.fillRect(300, 150, 300, 300);
	const photo = await canvas.convertToBlob({type: "image/jpeg"});
	const list = new DataTransfer();
	list.items.add(new File(["A line of text. ".repeat(300000)], "Notes of Act I.txt"));
	list.items.add(new File([photo], "Stage left.jpg"));
	list.items.add(new File(["MZ"], "setup.exe"));
	const input = document.querySelector("#f-files");
	input.files = list.files;
	input.dispatchEvent(new Event("change"));
	return "";
})()`

// TestFilesInABrowser adds files with our script: they arrive in parts, what is refused says why, and the photo is
// shown when it is clean.
func TestFilesInABrowser(t *testing.T) {
	c := newCast(t)
	b := c.boss(t)
	path := "/w/demo/productions/" + c.own["production"]
	b.Go(path)
	b.Axe()
	if refused := b.Await(chosen); refused != "" {
		t.Fatal(refused)
	}
	b.Until("what is refused", `document.body.innerText.includes("can run programs")`)
	b.Axe()
	browsertest.Eval[bool](b, `(document.querySelector('[aria-label="Cancel: setup.exe"]').click(), true)`)
	b.Until("the files", `document.querySelectorAll(".files .rows:not(.uploads) > li").length === 2`)
	for range 100 {
		b.Go(path)
		if b.Count(".files .thumb img") > 0 {
			break
		}
		b.Await(`new Promise(done => setTimeout(() => done(""), 200))`)
	}
	browsertest.Eval[bool](b, `(document.querySelector(".files .thumb img").scrollIntoView(), true)`)
	b.Until("the picture", `document.querySelector(".files .thumb img")?.naturalWidth === 320`)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			b.Size(width, 900, theme)
			b.Axe()
			b.Shot("files-" + theme + "-" + map[int64]string{360: "narrow", 1280: "wide"}[width])
		}
	}
	b.Sees("Notes of Act I.txt", "4.6 MB", "Stage left.jpg")
}
