package metrics

import (
	"strconv"

	"tbraid/lab"
)

// The groups, in the order of the dashboard.
const (
	losses  = "What is lost"
	exposed = "When it would be lost"
	speed   = "How fast the tools were"
	box     = "What the box had to do"
	members = "What the members had to do"
	model   = "The model itself"
)

// List is every metric there is, in the order of the dashboard.
func List() []Metric {
	var all []Metric
	for _, group := range [][]Metric{lossMetrics(), exposureMetrics(), toolMetrics(), boxMetrics(), memberMetrics(), modelMetrics()} {
		all = append(all, group...)
	}
	return all
}

func lossMetrics() []Metric {
	return []Metric{
		{Name: Prefix + "lost_bytes", Group: losses, Labels: []string{"class"}, read: lost,
			Help: "Bytes lost at the event, by class. The classes are never to be added up: a violation is a broken promise, a permitted loss is none."},
		{Name: Prefix + "lost_cause_bytes", Group: losses, Labels: []string{"class", "cause", "layer"}, read: byCause,
			Help: "Acknowledged bytes lost at the event, by the highest place at which the loss could have been prevented."},
		counted("acknowledged_bytes_total", losses, "Bytes acknowledged before the event.", func(r *lab.Run) uint64 { return r.Acked }),
		one("lost_extents", Gauge, losses, "Extents lost at the event.", func(r *lab.Run) float64 { return float64(r.ExtentCount) }),
		one("oldest_lost_simulated_seconds", Gauge, losses, "Simulated time from the acknowledgement of the oldest lost byte to the event.",
			func(r *lab.Run) float64 { return seconds(r.OldestNS) }),
		one("replayed_bytes", Gauge, losses, "Bytes lost at the event that the journal of the file system put back.", func(r *lab.Run) float64 { return float64(r.Replayed) }),
		one("shorn_commands", Gauge, losses, "WRITEs of which the event left a part.", func(r *lab.Run) float64 { return float64(r.Shorn) }),
		one("swallowed_error_bytes", Gauge, losses, "Bytes of WRITEs that failed without the tool being told.", func(r *lab.Run) float64 { return float64(r.Swallowed) }),
	}
}

func lost(r *lab.Run, emit func(sample)) {
	if r.Unjudged {
		return
	}
	for _, c := range []struct {
		class string
		bytes uint64
	}{{"violation", r.Loss.Violation}, {"permitted-loss", r.Loss.Permitted}, {"collateral", r.Loss.Collateral}, {"in-flight", r.Loss.InFlight}} {
		emit(sample{labels: []string{c.class}, value: float64(c.bytes)})
	}
}

// byCause adds up what differs only in who asked, or in what took the last copy.
func byCause(r *lab.Run, emit func(sample)) {
	var order [][3]string
	bytes := map[[3]string]uint64{}
	for _, c := range r.Causes {
		key := [3]string{c.Class, c.Name, c.Layer}
		if _, known := bytes[key]; !known {
			order = append(order, key)
		}
		bytes[key] += c.Bytes
	}
	for _, key := range order {
		emit(sample{labels: key[:], value: float64(bytes[key])})
	}
}

// exposure is a metric that only a sweep has.
func exposure(name, help string, of func(x *lab.Exposure) float64) Metric {
	return Metric{Name: Prefix + name, Group: exposed, Help: help, read: func(r *lab.Run, emit func(sample)) {
		if r.Exposure != nil {
			emit(sample{value: of(r.Exposure)})
		}
	}}
}

func exposureMetrics() []Metric {
	return []Metric{
		exposure("exposure_worst_bytes", "Acknowledged bytes that a loss of power would have taken at the instant that costs most.",
			func(x *lab.Exposure) float64 { return float64(x.Worst) }),
		exposure("exposure_mean_bytes", "Acknowledged bytes that a loss of power would have taken, mean over all instants.",
			func(x *lab.Exposure) float64 { return float64(x.Mean) }),
		exposure("exposure_simulated_seconds", "Simulated time in which a loss of power would have taken something.",
			func(x *lab.Exposure) float64 { return seconds(x.ExposedNS) }),
		exposure("exposure_oldest_simulated_seconds", "Greatest age of a byte that a loss of power would have taken, in simulated time.",
			func(x *lab.Exposure) float64 { return seconds(x.OldestNS) }),
	}
}

func toolMetrics() []Metric {
	number := func(of func(t *lab.Tool) float64) func(t *lab.Tool) (sample, bool) {
		return func(t *lab.Tool) (sample, bool) { return sample{value: of(t)}, true }
	}
	return []Metric{
		byTool("tool_throughput_bytes_per_simulated_second", Gauge, speed, "Bytes that the tool moved, a second of simulated time.",
			number(func(t *lab.Tool) float64 { return float64(t.Rate) })),
		byTool("tool_commands_per_simulated_second", Gauge, speed, "READs and WRITEs of the tool, a second of simulated time.",
			number(func(t *lab.Tool) float64 { return float64(t.IOPS) })),
		byTool("tool_duration_simulated_seconds", Gauge, speed, "Simulated time from the start of the tool to its end.",
			number(func(t *lab.Tool) float64 { return seconds(t.EndNS - t.StartNS) })),
		byTool("tool_read_bytes_total", Counter, speed, "Bytes that the tool read from the box.", number(func(t *lab.Tool) float64 { return float64(t.BytesRead) })),
		byTool("tool_written_bytes_total", Counter, speed, "Bytes that the tool wrote to the box.", number(func(t *lab.Tool) float64 { return float64(t.BytesWritten) })),
		byTool("tool_commands_total", Counter, speed, "SCSI commands of the host while the tool ran.", number(func(t *lab.Tool) float64 { return float64(t.Commands) })),
		byTool("command_latency_simulated_seconds", Summary, speed, "Simulated time of READs and WRITEs from the block stack and back; quantile 1 is the longest.",
			func(t *lab.Tool) (sample, bool) { return latency(&t.Latency) }),
		byTool("flush_latency_simulated_seconds", Summary, speed, "Simulated time of SYNCHRONIZE CACHE from the block stack and back; quantile 1 is the longest.",
			func(t *lab.Tool) (sample, bool) { return latency(&t.Flush) }),
	}
}

func boxMetrics() []Metric {
	return []Metric{
		{Name: Prefix + "busy_ratio", Group: box, Labels: []string{"part"}, read: busy,
			Help: "Share of the time in which tools ran, that a part of the box was busy."},
		one("dirty_peak_bytes", Gauge, box, "Most that was dirty in the controller cache.", func(r *lab.Run) float64 {
			var most uint64
			for _, p := range r.Usage.Dirty {
				most = max(most, p.Bytes)
			}
			return float64(most)
		}),
		{Name: Prefix + "cache_read_blocks_total", Type: Counter, Group: box, Labels: []string{"found"},
			Help: "Blocks of 512 bytes that READs asked for, by whether the controller cache had them.",
			read: func(r *lab.Run, emit func(sample)) {
				emit(sample{labels: []string{"hit"}, value: float64(r.Usage.CacheHitBlocks)})
				emit(sample{labels: []string{"miss"}, value: float64(r.Usage.CacheMissBlocks)})
			}},
		one("write_amplification_ratio", Gauge, box, "Bytes written to members for a byte that the host wrote, before the event.",
			func(r *lab.Run) float64 { return share(r.Usage.WriteAmplificationPPM) }),
		{Name: Prefix + "destage_size_bytes", Type: Histogram, Group: box, Help: "Sizes of the WRITEs to members, before the event.",
			read: func(r *lab.Run, emit func(sample)) {
				if s, any := sizes(&r.Usage); any {
					emit(s)
				}
			}},
		counted("host_commands_total", box, "SCSI commands of the host.", func(r *lab.Run) uint64 { return r.Commands }),
		counted("destaged_bytes_total", box, "Bytes that left the controller cache for the members, without parity.", func(r *lab.Run) uint64 { return r.Members.DestagedBytes }),
	}
}

// busy is the share of each part; members are numbered from 0.
func busy(r *lab.Run, emit func(sample)) {
	u := &r.Usage
	part := func(name string, ppm uint32) { emit(sample{labels: []string{name}, value: share(ppm)}) }
	part("link out", u.LinkOutPPM)
	part("link in", u.LinkInPPM)
	part("controller", u.ControllerPPM)
	for i, ppm := range u.MembersPPM {
		part("member "+strconv.Itoa(i), ppm)
	}
}

func memberMetrics() []Metric {
	count := func(name, help string, of func(m *lab.Members) uint64) Metric {
		return counted(name, members, help, func(r *lab.Run) uint64 { return of(&r.Members) })
	}
	return []Metric{
		count("member_reads_total", "READs of the array to its members.", func(m *lab.Members) uint64 { return m.Reads }),
		count("member_writes_total", "WRITEs of the array to its members.", func(m *lab.Members) uint64 { return m.Writes }),
		count("member_flushes_total", "Flushes of the array to its members.", func(m *lab.Members) uint64 { return m.Flushes }),
		count("member_read_bytes_total", "Bytes read from members.", func(m *lab.Members) uint64 { return m.BytesRead }),
		count("member_written_bytes_total", "Bytes written to members, parity and logs included.", func(m *lab.Members) uint64 { return m.BytesWritten }),
		count("member_stored_bytes_total", "Bytes that came to a medium before the run ended.", func(m *lab.Members) uint64 { return m.BytesStored }),
		count("stripe_writes_total", "Stripes written, whole or in part.", func(m *lab.Members) uint64 { return m.StripeWrites }),
		count("full_stripe_writes_total", "Stripes written as a whole.", func(m *lab.Members) uint64 { return m.FullStripes }),
		count("write_hole_log_writes_total", "WRITEs to a partial parity log, or markings of an intent bitmap.", func(m *lab.Members) uint64 { return m.LogWrites }),
		count("write_hole_log_bytes_total", "Bytes of those WRITEs.", func(m *lab.Members) uint64 { return m.LogBytes }),
		count("resync_read_bytes_total", "Bytes read to repair stripes that were being written when power went.", func(m *lab.Members) uint64 { return m.ResyncBytesRead }),
		count("resync_written_bytes_total", "Bytes written to repair them.", func(m *lab.Members) uint64 { return m.ResyncBytesWritten }),
	}
}

func modelMetrics() []Metric {
	return []Metric{
		one("simulated_seconds_total", Counter, model, "Simulated time of the run: what its clock shows, not what it took.", func(r *lab.Run) float64 { return seconds(r.EndNS) }),
		one("event_simulated_seconds", Gauge, model, "Simulated time at which the event came.", func(r *lab.Run) float64 { return seconds(r.EventNS) }),
		counted("simulated_events_total", model, "Events of the kernel of the simulation.", func(r *lab.Run) uint64 { return r.Simulated }),
	}
}
