"""Faults on purpose: rules by which named calls fail, wait, hang, break, double or change places, each by its seed."""
