"""Pictures that look a little like photos of skin: rendered from numbers, the same for the same seed."""
