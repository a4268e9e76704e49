"""What the labels of a kind stand for, in plain words, with references."""
