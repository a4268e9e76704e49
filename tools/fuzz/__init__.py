"""Damaged photos in great numbers through the intake's guard: every one gets a verdict, and none harms the next."""
