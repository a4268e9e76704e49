"""Colour correction measured: on real photos of charts, and on rendered scenes whose truth is known."""
