package main

import (
	"fmt"
	"strconv"

	"tbraid/lab"
)

// extents is the flag --extents; 0 is that it was not given.
type extents int

// allExtents is the word for no bound.
const allExtents = "all"

func (e *extents) String() string {
	switch *e {
	case 0:
		return strconv.Itoa(lab.DefaultExtents)
	case lab.AllExtents:
		return allExtents
	}
	return strconv.Itoa(int(*e))
}

// Type implements pflag.Value.
func (*extents) Type() string { return "NUMBER" }

// Set implements pflag.Value.
func (e *extents) Set(text string) error {
	if text == allExtents {
		*e = lab.AllExtents
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("it takes a number from 1, or %s", allExtents)
	}
	*e = extents(n)
	return nil
}
