// Package configs reads scenarios and presets: YAML in, validated values of the
// model out. It is strict. Every key must be known, every quantity has its unit
// and its range, and an error shows the line, a caret under the fault and what
// would work.
//
// What a key means is said where the model uses it: the reader fills structs
// field by field from their tags
//
//	conf:"age" unit:"duration" min:"0s" max:"24h" doc:"destage a page this long after …"
//
// so a knob that a room adds is readable, documented (Describe), overridable
// (--set policies.destage.age=4s) and part of the resolved scenario without a line here.
// A quantity whose min is above zero must be given; others default to zero.
//
// Presets are named by behaviour and stand beside this file, embedded. A file
// may name a preset, or start from one with "base:" and change some keys. Values
// that are guesses carry the line comment "# guess: why" and are collected, so
// that a report can list what it assumed. Other line comments give the source and
// its grade: [V] seen in the document named, [C] read in source code, [P] seen on
// a public page, [D] computed from such, [K] common knowledge without a citation.
package configs
