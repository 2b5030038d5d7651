package trace

import _ "embed" // for WebSearch

// WebSearch is wsrch-small.trace of MQSim, for MQSim: 24,782 requests of a web
// search server. Its licence is mqsim.LICENSE beside it.
//
//go:embed testdata/mqsim-wsrch-small.trace
var WebSearch string
