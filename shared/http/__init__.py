"""HTTP as every function speaks it: a table of routes, JSON bodies of known types, one shape of error."""
