package demo

import (
	"fmt"

	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// company is one company of the demonstration. Names are in the order of access.MemberRoles.
type company struct {
	name, slug, zone        string
	production, venue, city string
	names                   [4]string
	nights                  []night
}

// night is the content of a report.
type night struct {
	title, text string
	late        int // minutes
	interval    int // minutes
	notes       []note
}

type note struct {
	department, text string
	severity         shows.Severity
}

var companies = []company{
	{
		name: "Lantern Opera", slug: "demo", zone: "Europe/Berlin",
		production: "The Magic Flute", venue: "The Old Engine Shed", city: "Leipzig",
		names: [4]string{"Mara Voss", "Oskar Lind", "Rita Amsel", "Viktor Hale"},
		nights: []night{
			{title: "A quiet night", text: "Nothing to report. The house was warm and quick to laugh, and the second " +
				"act ran as rehearsed.", interval: 20},
			{title: "Dragon, late", text: "The dragon's head caught on the wing and came in four bars late. Nobody " +
				"in the house noticed; the orchestra did.", late: 3, interval: 21,
				notes: []note{{"set, automation and fly", "The rope guide of the dragon is worn. It needs a new " +
					"sheave before the next performance.", shows.Attention}}},
			{title: "Full house", text: "Sold out, with eleven standing. The hold for seating was asked for by the " +
				"house manager.", late: 7, interval: 25,
				notes: []note{{"front of house", "Latecomers seated after number two, twelve of them.", shows.Note},
					{"lighting", "Cue 48 was a beat early after the new go button. The desk has been relabelled.",
						shows.Note}}},
			{title: "Bells", text: "The glockenspiel was wheeled out of tune by the damp. The player saved the " +
				"finale by ear.", interval: 19,
				notes: []note{{"music", "Please book the tuner for the afternoon before the next performance.",
					shows.Urgent}}},
			{title: "Costume trouble", text: "A button of the birdcatcher's coat gave up during the first quintet. " +
				"Sewn in the interval.", late: 1, interval: 22,
				notes: []note{{"costume", "All six buttons of the coat should be sewn on with doubled thread.",
					shows.Attention}, {"props", "One feather short since tonight.", shows.Note}}},
		},
	},
	{
		name: "Harbour Players", slug: "other", zone: "Europe/London",
		production: "The Tempest", venue: "Customs House", city: "Whitby",
		names: [4]string{"Nadia Quill", "Piers Thorne", "Sam Okoro", "Winifred Gale"},
		nights: []night{
			{title: "Calm sea", text: "Clean show, kind house. The storm took two minutes less than last week.",
				interval: 15},
			{title: "Thunder sheet", text: "The thunder sheet fell from its hook after the wreck. It was hung again " +
				"before the masque.", late: 2, interval: 16,
				notes: []note{{"sound", "Replace the hook with a shackle. Tonight's was tied with cord.",
					shows.Urgent}}},
			{title: "School night", text: "Sixty pupils and their teachers, all in on time. Questions on the stage " +
				"afterwards.", interval: 18,
				notes: []note{{"front of house", "Programmes ran out. Print another fifty.", shows.Note}}},
			{title: "Fog", text: "The haze hung lower than planned and reached row C. No complaints.", late: 4,
				interval: 15,
				notes:    []note{{"effects", "Half the output for the first scene, then as before.", shows.Attention}}},
		},
	},
}

// times are the curtain times of a night that was planned to begin at start, in minutes after midnight.
func (n night) times(start, shift int) []shows.StampInput {
	up := start + n.late
	down := up + 68 + shift%5
	again := down + n.interval
	end := again + 62 + shift%4
	return []shows.StampInput{
		{Event: "house-open", Scheduled: clock(start - 30), Actual: clock(start - 30 + n.late/2)},
		{Event: shows.ActUp, N: 1, Scheduled: clock(start), Actual: clock(up)},
		{Event: shows.ActDown, N: 1, Actual: clock(down)},
		{Event: shows.IntervalStart, N: 1, Actual: clock(down)},
		{Event: shows.IntervalEnd, N: 1, Actual: clock(again)},
		{Event: shows.ActUp, N: 2, Actual: clock(again)},
		{Event: shows.ActDown, N: 2, Actual: clock(end)},
		{Event: shows.FinalCurtain, Actual: clock(end + 3)},
	}
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
