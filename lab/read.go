package lab

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"tbraid/configs"
)

// ReadResult reads what was written of a Result as JSON. Fields that it does not
// know are left out: a later version has more of them. The error is a
// *configs.Error with the place at fault, name being the file that it names.
func ReadResult(name string, data []byte) (*Result, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, unreadable(name, data, err)
	}
	if head.Schema != Schema {
		return nil, &configs.Error{File: name, Message: fmt.Sprintf("this is no result, or one of another version: its schema is %q, not %q", head.Schema, Schema),
			Hint: "write one with tbraid run -o result.json"}
	}
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, unreadable(name, data, err)
	}
	for _, list := range [][]Run{r.Runs, r.Controls} {
		for i := range list {
			if err := list[i].check(); err != nil {
				return nil, &configs.Error{File: name, Message: err.Error(), Hint: "the file was changed since it was written: write it again with tbraid run -o"}
			}
		}
	}
	return &r, nil
}

// check refuses extents that are none.
func (r *Run) check() error {
	for _, l := range r.Extents {
		if l.Blocks == 0 || l.LBA > math.MaxInt64/2 || l.Blocks > math.MaxInt64/2 || l.AckedNS < 0 {
			return fmt.Errorf("case %s, host %s, policy %s: there is no lost extent of %d blocks at LBA %d, acknowledged at %d ns",
				r.Case, r.Host, r.Policy, l.Blocks, l.LBA, l.AckedNS)
		}
	}
	return nil
}

// unreadable says where a JSON document is at fault.
func unreadable(name string, data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	e := &configs.Error{File: name, Message: strings.TrimPrefix(err.Error(), "json: "), Hint: "it takes a file that tbraid run -o FILE.json has written"}
	at := int64(-1)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		e.Message = "there is nothing in it"
	case errors.As(err, &syntax):
		at = syntax.Offset - 1
	case errors.As(err, &kind):
		at = kind.Offset - 1
		e.Message = fmt.Sprintf("%s cannot be a JSON %s", cmp.Or(kind.Field, "a result"), kind.Value)
	}
	if at < 0 || at >= int64(len(data)) {
		return e
	}
	before := data[:at]
	e.Line = 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	line, _, _ := bytes.Cut(data[start:], []byte("\n"))
	e.Source, e.Column = string(line), len([]rune(string(data[start:at])))+1
	return e
}
