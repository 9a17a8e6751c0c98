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

// perWord is in how many reports a rare word is, so that a search finds as much in a large workspace as in a small one:
// up to four times as many reports as there are names.
const perWord = 4

// beginnings, middles and ends make names of people: rare words as they are in reports.
var (
	beginnings = strings.Fields(
		"Al Ber Bran Cal Cas Dal Dor El Fen Far Gar Hal Har Hen Il Jar Kel Lan Lor Mar Mel Mor Nor Os Pel " +
			"Pen Quil Ran Ros Sal Sel Tal Tor Ul Var Ver Wal Wen Win Yar")
	middles = strings.Fields(
		"a be bi da de di do e fa ga ge go i ka ke ki la le li lo ma me mi mo na ne ni no o ra re ri ro sa " +
			"se si ta te ti va")
	ends = strings.Fields(
		"bach berg bert by cott croft dale den don feld ford gate grave ham hart hurst ington kin land ley " +
			"lin low man mond more ness ney ridge rick shaw son stead ston ton vale ville ward well wick worth")
)

// RareWord is a name that few of so many reports have.
func RareWord(r *rand.Rand, reports int) string {
	n := r.IntN(max(1, reports/perWord))
	first, n := beginnings[n%len(beginnings)], n/len(beginnings)
	middle, n := middles[n%len(middles)], n/len(middles)
	return first + middle + ends[n%len(ends)]
}

// Title is the title of a report.
func Title(r *rand.Rand) string { return "Show report " + strconv.Itoa(1+r.IntN(400)) }

// Text is the body of one of so many reports: about 1000 characters, with one rare word.
func Text(r *rand.Rand, reports int) string {
	var b strings.Builder
	b.WriteString("On duty in front of house was " + RareWord(r, reports) + ". ")
	for b.Len() < bodySize-60 {
		b.WriteString(phrases[r.IntN(len(phrases))])
		b.WriteString(". ")
	}
	return b.String()
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings cannot fail
	}
	return text
}
