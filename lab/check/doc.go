// Package check holds a result to what was expected of it, so that a build can
// fail when a box begins to lose data:
//
//	lost(dd,*) == 0
//	worst(*,wb-age-4s) <= 16MiB
//	p99(cp,write-through,host=kext) < 20ms
//
// An assertion is METRIC(TOOL,POLICY) OP VALUE. TOOL is the name of a tool or of a
// case, POLICY that of a firmware policy; case=, host= and event= behind them
// narrow the selection. Names are patterns: * stands for any text and ? for one
// character; one with a comma, an equals sign, a quote or a parenthesis in it stands
// in quotes. Text without a * or a ? must be the whole name. VALUE has the unit of
// the metric, as everywhere: 0, 16MiB, 20ms, 500MB/s, 3. OP is one of == != < <= > >=.
//
// An assertion holds if it holds for every value that it selects. It is strict: a
// metric that there is not, a name that is nowhere, a pattern that matches nothing or
// a value without its unit is an error before anything is simulated, and not an
// assertion about nothing that passes.
package check
