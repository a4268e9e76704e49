"""`python -m tools.bench [NAME…]`: what Loupe takes in time and memory, as tables and as bench-out/NAME.json."""
