"""How well the quality policy tells good photos from spoilt ones, measured on any folder of photos."""
