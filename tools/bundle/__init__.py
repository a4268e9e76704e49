"""Deterministic deployment bundles: one zip per function, with its own code, the `shared` modules that it reaches,
and its share of the lock as `requirements.txt`. A change that a function does not reach leaves its zip as it was.
"""
