"""How the stack does, in numbers: `/metrics` for Prometheus, `/metrics.json` for `loupe top`."""
