"""The faults of the matrix on real processes: real functions, Google's clients, real signals, judged from outside."""
