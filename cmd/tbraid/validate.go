package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/lab/check"
)

func newValidate(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE…",
		Short: "read scenarios without running them",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("validate takes files: tbraid validate mine.yaml")
			}
			return nil
		},
		ValidArgsFunction: completeScenarios,
		RunE: func(_ *cobra.Command, args []string) error {
			var faults []error
			for _, name := range args {
				s, err := a.load(name, nil)
				if err == nil {
					_, err = check.Read(s, s.Asserts)
				}
				if err != nil {
					faults = append(faults, err)
					continue
				}
				fmt.Fprintf(a.out, "%s: ok: %s\n", name, summary(s))
			}
			return errors.Join(faults...)
		},
	}
}

// summary is a scenario in one line.
func summary(s *configs.Scenario) string {
	runs, controls := 0, 0
	for _, c := range s.Cases {
		runs += turns(c, len(s.Events)) * len(s.Hosts) * len(s.Policies)
	}
	for _, c := range s.Controls {
		events := len(c.Events)
		if c.Events == nil {
			events = len(s.Events)
		}
		if of, ok := s.FindCase(c.Case); ok {
			controls += turns(*of, events)
		}
	}
	text := fmt.Sprintf("box %s, %s × %s × %s × %s = %s", s.Box.Name, count(len(s.Cases), "case"), count(len(s.Hosts), "host"),
		count(len(s.Policies), "policy"), count(max(len(s.Events), 1), "event"), count(runs, "run"))
	if controls > 0 {
		text += fmt.Sprintf(" and %s", count(controls, "control"))
	}
	return text
}

// turns is how often a case runs under one host and one policy.
func turns(c configs.Case, events int) int {
	for _, step := range c.Steps {
		if step.Kind == configs.Happen && step.Each {
			return events
		}
	}
	return 1
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what == "policy":
		return fmt.Sprintf("%d policies", n)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
