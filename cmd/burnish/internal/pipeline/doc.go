// Package pipeline joins the rooms: it reads what a source knows of a window,
// has it judged, and hands on what a person looks at.
//
// [Read] turns a collector.Source into a noise.History, and [Report] that into a
// report. It holds no state, and never decides what is noise; it only says which
// room's answer goes to which other room.
package pipeline
