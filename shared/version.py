"""The version of this build, as health checks and results name it."""

from typing import Final

VERSION: Final = "0.1.0"
