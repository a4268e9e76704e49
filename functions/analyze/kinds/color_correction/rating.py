"""How good a correction is, in one word, by the mean ΔE00 of patches that were left out of their own fit."""

from __future__ import annotations

from typing import Final, Literal

Rating = Literal["excellent", "good", "fair", "poor"]

# ΔE00 of 1 is about what can just be seen side by side (CIE 142-2001 scales it so for average conditions); the limits
# above are those that reproduction uses for "not noticed", "acceptable", "noticed by anybody".
LIMITS: Final[tuple[tuple[float, Rating], ...]] = ((2.0, "excellent"), (3.0, "good"), (5.0, "fair"))
REFUSED: Final = 10.0  # above it, what was found is no chart, or another one than was taken for it


def rate(mean: float) -> Rating:
    """The rating of a mean difference, 0 and up: excellent to 2, good to 3, fair to 5, else poor."""
    return next((rating for limit, rating in LIMITS if mean <= limit), "poor")
