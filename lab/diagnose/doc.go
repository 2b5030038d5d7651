// Package diagnose answers what explains a set of observations. Explanations are
// sets of mechanisms, which are data (package configs); each is put into a world and
// what was done is done there again, over everything that nobody noted. What comes
// out is compared with what was seen, and weighed.
//
// Nothing here knows a mechanism or an experiment by name: predictions come from
// simulation alone.
package diagnose
