package lab_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/lab"
)

func TestExplore(t *testing.T) {
	f := os.Getenv("EXPLORE")
	if f == "" {
		return
	}
	b, _ := os.ReadFile(f)
	for _, doc := range strings.Split(string(b), "\n---\n") {
		var sets []string
		for _, l := range strings.Split(doc, "\n") {
			if s, ok := strings.CutPrefix(l, "#set "); ok {
				sets = append(sets, s)
			}
		}
		s, err := configs.Parse("x.yaml", []byte(doc), sets)
		if err != nil {
			fmt.Println("ERR", err)
			continue
		}
		at := time.Now()
		r, err := lab.Simulate(s, lab.Options{})
		if err != nil {
			fmt.Println("ERR", err)
			continue
		}
		fmt.Println("=== took", time.Since(at))
		for _, x := range r.Runs {
			fmt.Printf("--- %s | %s | %s | %s | eff %s acked %d loss %+v err %q cmds %d ev %d\n", x.Case, x.Host, x.Policy, x.Event, x.Effective, x.Acked, x.Loss, x.ToolError, x.Commands, x.Simulated)
			for _, st := range x.Steps {
				rd, _ := json.Marshal(st.Reading)
				fmt.Printf("   %6.3f-%6.3f %s exit %d syncs %+v %s\n", float64(st.StartNS)/1e9, float64(st.EndNS)/1e9, st.Text, st.Exit, st.Syncs, rd)
				for _, o := range st.Output {
					if st.Exit != 0 {
						fmt.Println("        ", o)
					}
				}
			}
			for _, c := range x.Causes {
				fmt.Printf("   CAUSE %+v\n", c)
			}
			for i, e := range x.Extents {
				if i < 3 {
					fmt.Printf("   EXT %+v\n", e)
				}
			}
		}
	}
}
