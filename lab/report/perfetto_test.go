package report

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"tbraid/lab"
)

// traceProto declares what the trace is read with: an excerpt of the messages in
// protos/perfetto/trace, by their names and numbers there.
const traceProto = `
syntax = "proto2";
message Trace { repeated TracePacket packet = 1; }
message TracePacket {
  optional uint64 timestamp = 8;
  optional uint32 trusted_packet_sequence_id = 10;
  optional TrackEvent track_event = 11;
  optional uint32 sequence_flags = 13;
  optional TrackDescriptor track_descriptor = 60;
}
message TrackDescriptor {
  optional uint64 uuid = 1;
  optional string name = 2;
  optional uint64 parent_uuid = 5;
  optional CounterDescriptor counter = 8;
  enum ChildTracksOrdering { UNKNOWN = 0; LEXICOGRAPHIC = 1; CHRONOLOGICAL = 2; EXPLICIT = 3; }
  optional ChildTracksOrdering child_ordering = 11;
  optional int32 sibling_order_rank = 12;
}
message CounterDescriptor {
  enum Unit { UNIT_UNSPECIFIED = 0; UNIT_TIME_NS = 1; UNIT_COUNT = 2; UNIT_SIZE_BYTES = 3; }
  optional Unit unit = 3;
}
message TrackEvent {
  repeated DebugAnnotation debug_annotations = 4;
  enum Type { TYPE_UNSPECIFIED = 0; TYPE_SLICE_BEGIN = 1; TYPE_SLICE_END = 2; TYPE_INSTANT = 3; TYPE_COUNTER = 4; }
  optional Type type = 9;
  optional uint64 track_uuid = 11;
  repeated string categories = 22;
  optional string name = 23;
  optional int64 counter_value = 30;
  repeated fixed64 flow_ids = 47;
  repeated fixed64 terminating_flow_ids = 48;
}
message DebugAnnotation {
  optional string name = 10;
  optional uint64 uint_value = 3;
  optional string string_value = 6;
}
`

// packetMessage is a message of the trace, by the names of its fields.
type packetMessage struct{ protoreflect.Message }

func (m packetMessage) of(name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}
func (m packetMessage) has(name protoreflect.Name) bool {
	return m.Has(m.Descriptor().Fields().ByName(name))
}
func (m packetMessage) sub(name protoreflect.Name) packetMessage {
	return packetMessage{m.of(name).Message()}
}
func (m packetMessage) text(name protoreflect.Name) string { return m.of(name).String() }
func (m packetMessage) uint(name protoreflect.Name) uint64 { return m.of(name).Uint() }
func (m packetMessage) word(name protoreflect.Name) string {
	f := m.Descriptor().Fields().ByName(name)
	return string(f.Enum().Values().ByNumber(m.Get(f).Enum()).Name())
}

func (m packetMessage) ids(name protoreflect.Name) []uint64 {
	var all []uint64
	for l, i := m.of(name).List(), 0; i < l.Len(); i++ {
		all = append(all, l.Get(i).Uint())
	}
	return all
}

// shownSlice is a slice or an instant of a trace as it was read back.
type shownSlice struct {
	name, track string
	from, to    int64
	flows, ends []uint64
	notes       map[string]string
}

// shownTrace is a trace as it was read back.
type shownTrace struct {
	groups   []string
	tracks   map[string]map[string]bool // by group
	slices   map[string][]shownSlice    // by group and track
	instants map[string][]shownSlice
	counts   map[string][][2]int64 // time and value
}

// readTrace decodes a trace by its declaration, and holds it to the rules of the
// format: nothing undeclared, every track described before it is used, slices of a
// track nested, time never backwards.
func readTrace(t *testing.T, data []byte) *shownTrace {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"trace.proto": traceProto})}}
	files, err := compiler.Compile(context.Background(), "trace.proto")
	if err != nil {
		t.Fatal(err)
	}
	root := dynamicpb.NewMessage(files[0].Messages().ByName("Trace"))
	if err := proto.Unmarshal(data, root); err != nil {
		t.Fatal(err)
	}
	out := &shownTrace{tracks: map[string]map[string]bool{}, slices: map[string][]shownSlice{}, instants: map[string][]shownSlice{}, counts: map[string][][2]int64{}}
	names, parents, open := map[uint64]string{}, map[uint64]uint64{}, map[uint64][]shownSlice{}
	counters := map[uint64]bool{}
	last := map[string]int64{}
	packets := packetMessage{root}.of("packet").List()
	for i := range packets.Len() {
		p := packetMessage{packets.Get(i).Message()}
		noUnknown(t, p)
		if p.uint("trusted_packet_sequence_id") == 0 || (p.uint("sequence_flags")&1 == 1) != (i == 0) {
			t.Fatalf("packet %d is of no sequence, or clears its state in the middle", i)
		}
		if p.has("track_descriptor") {
			d := p.sub("track_descriptor")
			id := d.uint("uuid")
			if names[id] != "" || id == 0 {
				t.Fatalf("track %d is described twice", id)
			}
			names[id], parents[id] = d.text("name"), d.uint("parent_uuid")
			counters[id] = d.has("counter")
			if parents[id] == 0 {
				if d.word("child_ordering") != "EXPLICIT" {
					t.Errorf("the tracks of %q are in no order", names[id])
				}
				out.groups = append(out.groups, names[id])
				out.tracks[names[id]] = map[string]bool{}
				continue
			}
			out.tracks[names[parents[id]]][names[id]] = true
			if counters[id] && d.sub("counter").word("unit") != "UNIT_SIZE_BYTES" {
				t.Errorf("%s is of no unit", names[id])
			}
			continue
		}
		e, at := p.sub("track_event"), int64(p.uint("timestamp"))
		id := e.uint("track_uuid")
		group := names[parents[id]]
		if names[id] == "" || at < last[group] {
			t.Fatalf("packet %d: no track, or time goes backwards", i)
		}
		last[group] = at
		key := group + "/" + names[id]
		s := shownSlice{name: e.text("name"), track: names[id], from: at, to: at, flows: e.ids("flow_ids"), ends: e.ids("terminating_flow_ids"), notes: map[string]string{}}
		for l, k := e.of("debug_annotations").List(), 0; k < l.Len(); k++ {
			a := packetMessage{l.Get(k).Message()}
			s.notes[a.text("name")] = a.text("string_value")
			if !a.has("string_value") {
				s.notes[a.text("name")] = fmt.Sprint(a.uint("uint_value"))
			}
		}
		if (e.word("type") == "TYPE_COUNTER") != counters[id] {
			t.Fatalf("packet %d: %s on %s", i, e.word("type"), key)
		}
		switch e.word("type") {
		case "TYPE_SLICE_BEGIN":
			if n := len(open[id]); n > 0 {
				t.Fatalf("%s: %q begins within %q", key, s.name, open[id][n-1].name)
			}
			open[id] = append(open[id], s)
		case "TYPE_SLICE_END":
			if len(open[id]) == 0 {
				t.Fatalf("%s: a slice ends that had not begun", key)
			}
			s = open[id][0]
			s.to, open[id] = at, nil
			out.slices[key] = append(out.slices[key], s)
		case "TYPE_INSTANT":
			out.instants[key] = append(out.instants[key], s)
		case "TYPE_COUNTER":
			out.counts[key] = append(out.counts[key], [2]int64{at, e.of("counter_value").Int()})
		default:
			t.Fatalf("packet %d is of no type", i)
		}
	}
	for id, s := range open {
		if len(s) > 0 {
			t.Errorf("%s: %q never ends", names[id], s[0].name)
		}
	}
	return out
}

// noUnknown wants every field to be declared.
func noUnknown(t *testing.T, m packetMessage) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Fatalf("%s has fields of other numbers: %x", m.Descriptor().Name(), m.GetUnknown())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Kind() != protoreflect.MessageKind:
		case f.IsList():
			for i := range v.List().Len() {
				noUnknown(t, packetMessage{v.List().Get(i).Message()})
			}
		default:
			noUnknown(t, packetMessage{v.Message()})
		}
		return true
	})
}

// tracedRuns plays a scenario and reads its trace back.
func tracedRuns(t *testing.T, name string, sets ...string) (*lab.Result, *shownTrace) {
	t.Helper()
	s := loaded(t, name, sets...)
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	d := &Document{Result: r, Records: func(each func(*lab.Record) error) error { return lab.Records(s, lab.Options{}, each) }}
	if err := Perfetto(&b, d); err != nil {
		t.Fatal(err)
	}
	return r, readTrace(t, b.Bytes())
}

func TestPerfetto_ReadBack(t *testing.T) {
	for _, sets := range [][]string{
		{"policies=[write-through, wb-ack-only, wb-age-4s]"},
		{"policies=[wb-age-4s]", "cut=+3775ms"}, // in the middle of the destage
		{"policies=[wb-protected]", "cut=3ms", "hosts=[kext, dext]"},
	} {
		checkTrace(t, sets...)
	}
}

func checkTrace(t *testing.T, sets ...string) {
	t.Helper()
	r, trace := tracedRuns(t, "small", sets...)
	if len(trace.groups) != len(r.Runs) {
		t.Fatalf("%d groups, %d runs", len(trace.groups), len(r.Runs))
	}
	for i := range r.Runs {
		run, group := &r.Runs[i], trace.groups[i]
		for _, part := range []string{run.Case, run.Host, run.Policy, run.Event} {
			if !strings.Contains(group, part) {
				t.Errorf("group %q does not name %q", group, part)
			}
		}
		want := []string{"event", "steps", "host: commands", "host: acknowledged", "link: to the box", "link: to the host", "controller: commands",
			"cache: dirty", "cache: destage"}
		for m := range r.Box.Members {
			want = append(want, fmt.Sprintf("disk %d: commands", m), fmt.Sprintf("disk %d: medium", m))
		}
		if got := slices.Sorted(maps.Keys(trace.tracks[group])); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: tracks %q", group, got)
		}
		cut := trace.instants[group+"/event"]
		if len(cut) != 1 || cut[0].from != run.EventNS || cut[0].name != "↯ "+run.Event {
			t.Errorf("%s: the cut is %+v, it came at %d", group, cut, run.EventNS)
		}
		checkAgainst(t, run, trace, group)
		checkFlows(t, run, trace, group)
	}
}

// checkAgainst compares what a trace shows with the run.
func checkAgainst(t *testing.T, run *lab.Run, trace *shownTrace, group string) {
	t.Helper()
	taken := len(slices.DeleteFunc(slices.Clone(run.Steps), func(s lab.Step) bool { return s.Skipped }))
	if n := len(trace.slices[group+"/steps"]); n != taken {
		t.Errorf("%s: %d steps of %d", group, n, taken)
	}
	stripes := uint64(len(trace.slices[group+"/cache: destage"]))
	if stripes != run.Members.StripeWrites {
		t.Errorf("%s: %d stripe writes of %d", group, stripes, run.Members.StripeWrites)
	}
	if n := uint64(len(trace.slices[group+"/controller: commands"])); n > run.Commands {
		t.Errorf("%s: %d commands at the controller, the link carried %d", group, n, run.Commands)
	}
	var acked uint64
	for _, a := range trace.instants[group+"/host: acknowledged"] {
		if a.from <= run.EventNS {
			acked += number(t, a.notes["blocks"]) * 512
		}
	}
	if acked != run.Acked {
		t.Errorf("%s: %d bytes acknowledged before the event, not %d", group, acked, run.Acked)
	}
	var most, want int64
	for _, c := range trace.counts[group+"/cache: dirty"] {
		if c[0] <= run.Usage.ToNS {
			most = max(most, c[1])
		}
	}
	for _, d := range run.Usage.Dirty {
		want = max(want, int64(d.Bytes))
	}
	if most != want {
		t.Errorf("%s: at most %d bytes dirty, not %d", group, most, want)
	}
	var out int64
	for _, s := range trace.slices[group+"/link: to the box"] {
		if s.from >= run.Tools[0].StartNS && s.to <= run.Tools[0].EndNS {
			out += s.to - s.from
		}
	}
	if share := out * 1e6 / run.Usage.ActiveNS; share > int64(run.Usage.LinkOutPPM)+1 || share < int64(run.Usage.LinkOutPPM)-1000 {
		t.Errorf("%s: the link was busy for %d ppm, not %d", group, share, run.Usage.LinkOutPPM)
	}
}

// checkFlows follows the arrows: each begins with a WRITE of the host and ends
// once, at a stripe write or, where none took the content, at the acknowledgement.
func checkFlows(t *testing.T, run *lab.Run, trace *shownTrace, group string) {
	t.Helper()
	begins, acks, ends := map[uint64]int64{}, map[uint64]int64{}, map[uint64]shownSlice{}
	for _, s := range trace.slices[group+"/host: commands"] {
		if strings.HasPrefix(s.name, "WRITE(") && (s.notes["status"] == "GOOD") != (len(s.flows) > 0) {
			t.Errorf("%s: %d arrows from %+v", group, len(s.flows), s)
		}
		for _, id := range s.flows {
			begins[id] = s.from
		}
	}
	for _, s := range slices.Concat(trace.instants[group+"/host: acknowledged"], trace.slices[group+"/cache: destage"]) {
		for _, id := range append(s.flows, s.ends...) {
			if s.track == "host: acknowledged" {
				acks[id] = s.from
			}
		}
		for _, id := range s.ends {
			if o, twice := ends[id]; twice {
				t.Errorf("%s: arrow %d ends at %+v and at %+v", group, id, o, s)
			}
			ends[id] = s
		}
	}
	stripes := 0
	for id, from := range begins {
		end, ok := ends[id]
		acked, told := acks[id]
		if !ok || !told || acked < from || end.from < acked && end.track != "cache: destage" || end.from < from {
			t.Errorf("%s: arrow %d from %d, acknowledged %d, ends %+v", group, id, from, acked, end)
		}
		if end.track == "cache: destage" {
			stripes++
		}
	}
	if len(begins) == 0 || len(ends) != len(begins) {
		t.Errorf("%s: %d arrows begin, %d end", group, len(begins), len(ends))
	}
	switch {
	case run.Policy == "wb-ack-only" && stripes > 0:
		t.Errorf("%s: %d arrows to stripe writes, and nothing was destaged", group, stripes)
	case run.Policy == "wb-age-4s" && run.Members.StripeWrites > 0 && stripes == 0:
		t.Errorf("%s: no arrow leads to a stripe write", group)
	}
}

func number(t *testing.T, s string) (n uint64) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return n
}
