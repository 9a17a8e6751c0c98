package bench

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
)

const bodySize = 1000 // characters of a report's body: with the rest about 1 KB

// phrases are what stage managers write.
var phrases = []string{
	"House opened on time", "the audience was warm and quick to laugh", "Act one ran two minutes long",
	"a late arrival was seated at the first pause",
	"Fly cue 14 was late by a beat and recovered", "the revolve stuck at its second mark and was freed by hand",
	"No injuries",
	"The follow spot lost focus in the duet", "radio microphone 6 crackled and was changed at the interval",
	"Wardrobe repaired a hem in the quick change",
	"Front of house reports a full bar queue", "the interval ran eighteen minutes",
	"Two patrons left because of the smoke", "the orchestra tuned twice",
	"Props are short of one glass", "the safety curtain was tested in view of the audience",
	"A standing ovation at the end", "curtain down at ten past ten",
	"Please look at the loose tread on the stage-left stairs", "the understudy for the baker went on and did well",
}

// perWord is in how many reports a rare word is, so that a search finds as much in a large workspace as in a small one.
const perWord = 4

// RareWord is a word that few of so many reports have.
func RareWord(r *rand.Rand, reports int) string {
	return "cue" + strconv.Itoa(100+r.IntN(max(1, reports/perWord))) + "lx"
}

// Title is the title of a report.
func Title(r *rand.Rand) string { return "Show report " + strconv.Itoa(1+r.IntN(400)) }

// Text is the body of one of so many reports: about 1000 characters, with one rare word.
func Text(r *rand.Rand, reports int) string {
	var b strings.Builder
	b.WriteString("Lighting ran " + RareWord(r, reports) + ". ")
	for b.Len() < bodySize-60 {
		b.WriteString(phrases[r.IntN(len(phrases))])
		b.WriteString(". ")
	}
	return b.String()
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings
	}
	return text
}
