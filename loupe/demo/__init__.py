"""The demonstration: sample photos through the whole stack, judged by what each is expected to come to."""
