"""Models: how each was made, and what ships of it (`models/{name}/{version}/`)."""
