// Package words reads enumerations that people write as words.
package words

import (
	"fmt"
	"slices"
	"strings"
)

// Pick sets to to the place of text among the options. The error lists them.
func Pick[T ~uint8](to *T, options []string, text []byte) error {
	i := slices.Index(options, string(text))
	if i < 0 {
		return fmt.Errorf("unknown value %q: one of %s", text, strings.Join(options, ", "))
	}
	*to = T(i)
	return nil
}
