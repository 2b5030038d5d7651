package diagnose

import (
	"encoding/json"
	"tbraid/configs"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	o, err := configs.LoadObservations("forum", nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	r, err := Diagnose(o, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.MarshalIndent(r, "", " ")
	t.Log(time.Since(start), string(b))
}
