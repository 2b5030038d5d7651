package configs

import (
	"strings"
	"testing"
	"time"

	"tbraid/cache/replace"
	"tbraid/controller/raid"
	"tbraid/firmware"
	"tbraid/host"
)

func TestSet(t *testing.T) {
	small := func(sets ...string) *Scenario {
		t.Helper()
		s, err := Load("small", nil, append([]string{"hosts=kext,dext"}, sets...))
		if err != nil {
			t.Fatalf("%v: %v", sets, err)
		}
		return s
	}
	for _, c := range []struct {
		set  string
		want func(s *Scenario) bool
	}{
		{"box.cache.capacity=2GiB", func(s *Scenario) bool { return s.Box.Controller.CacheBytes == 2<<30 }},
		{"box.controller.transfer=1MiB", func(s *Scenario) bool { return s.Box.Controller.TransferBytes == 1<<20 }},
		{"box.raid.level=10", func(s *Scenario) bool { return s.Box.RAID.Level == raid.RAID10 }},
		{"box.link=tb4", func(s *Scenario) bool { return s.Box.Link.Name == "tb4" }},
		{"box.link.rate=1.5GB/s", func(s *Scenario) bool { return s.Box.Link.Rate == 1_500_000_000 && s.Box.Link.Name == "tb3" }},
		{"box=tb4-8xssd-raid5", func(s *Scenario) bool { return s.Box.Members == 8 }},
		{"policies.replace=s3-fifo", func(s *Scenario) bool { return s.Policies[0].Replace == replace.S3FIFO }},
		{"policies.destage.order=wow", func(s *Scenario) bool { return s.Policies[0].Destage.Order == firmware.WOW }},
		{"policies.destage.order=cscan", func(s *Scenario) bool { return s.Policies[0].Destage.Order == firmware.Elevator }},
		{"policies.destage.rate=linear-threshold", func(s *Scenario) bool { return s.Policies[0].Destage.Rate == firmware.LinearThreshold }},
		{"seed=7", func(s *Scenario) bool { return s.Seed == 7 }},
		{"hosts.driver.overhead=1ms", func(s *Scenario) bool {
			return s.Hosts[0].Driver.Overhead == time.Millisecond && s.Hosts[1].Driver.Overhead == time.Millisecond
		}},
		{"hosts.dext.driver.sync=swallow", func(s *Scenario) bool {
			return s.Hosts[0].Driver.Sync == host.Forward && s.Hosts[1].Driver.Sync == host.Swallow
		}},
		{"host.page=4KiB", func(s *Scenario) bool { return s.Hosts[1].Page == 4096 }},
		{"policies=[wb-timer-4s]", func(s *Scenario) bool { return len(s.Policies) == 1 && s.Policies[0].Destage.Interval == 4*time.Second }},
		{"policy=wb-idle-1s", func(s *Scenario) bool { return s.Policies[0].Name == "wb-idle-1s" }},
		{"policies.wb-age-4s.destage.age=9s", func(s *Scenario) bool { return s.Policies[4].Destage.Age == 9*time.Second }},
		{"events=box-power/73h, restart:dext", func(s *Scenario) bool {
			return len(s.Events) == 2 && s.Events[0][0].Outage == 73*time.Hour && s.Events[1][0].Boot == "dext"
		}},
	} {
		if s := small(c.set); !c.want(s) || s.Sets[1] != c.set {
			t.Errorf("--set %s has not done it", c.set)
		}
	}
	// Two that contradict each other for a moment.
	s := small("policies.destage.low=85%", "policies.destage.high=95%")
	if s.Policies[0].Destage.HighPercent != 95 {
		t.Error("assignments are judged together")
	}
}

func TestBadSets(t *testing.T) {
	var page strings.Builder
	for _, set := range []string{
		"", "box", "=1", "box.=1", "box.cache.capacity=", "box.cache.capacity=2", "box.cache.capacity=[", "box.cach.capacity=2GiB",
		"bx.cache.capacity=2GiB", "box.cache=2GiB", "box.members=5", "box.members=-1", "hosts.dexp.page=4KiB", "hosts.kext=1",
		"hosts.kext.driver.sink=fail", "policies.sync=maybe", "policies=wb-lies", "policies=write-through,wb-lies",
		"policies.destage.low=80%", "events=[]", "events=box-pwr", "seed=1.5", "seed=1\nbox.members=3", "box.title=備份: 一", "cases=dd",
	} {
		_, err := Load("small", nil, []string{set})
		page.WriteString(report(t, set, err))
	}
	golden(t, "testdata/set.txt", page.String())
}

func TestLoad_NamesAndPaths(t *testing.T) {
	var asked string
	read := func(path string) ([]byte, error) { asked = path; return []byte("base: small\n"), nil }
	for _, c := range []struct{ name, read, want string }{
		{"forum", "", "forum"},
		{"forum.yaml", "forum.yaml", "forum"},
		{"dir/mine.yml", "dir/mine.yml", "mine"},
		{"./mine", "./mine", "mine"},
	} {
		asked = ""
		s, err := Load(c.name, read, nil)
		if err != nil || asked != c.read || s.Name != c.want {
			t.Errorf("%s: read %q, scenario %v, %v", c.name, asked, s, err)
		}
	}
	for _, name := range []string{"forun", "../boxes/tb3", "x.yaml", ""} {
		_, err := Load(name, nil, nil)
		if report(t, name, err); err == nil {
			t.Errorf("%q is a scenario", name)
		}
	}
}
