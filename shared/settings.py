"""Settings of a function: one frozen msgspec Struct, read once from the environment, refused as a whole.

A field `uploads_bucket` is the variable UPLOADS_BUCKET. A field of type `tuple[str, ...]` is a list with commas
between. An empty variable counts as one that is not set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

GOOGLE_KEYS: Final = ("https://www.googleapis.com/", "https://firebaseappcheck.googleapis.com/")
HINT: Final = "See docs/settings.md."


class SettingsError(Exception):
    """The environment does not say what a function needs; the text names every variable that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{'; '.join(problems)}. {HINT}")
        self.problems = problems


def load(settings_type: type[S], environ: Mapping[str, str]) -> S:
    """The settings that `environ` spells out. Raises SettingsError with all problems at once."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(settings_type):
        variable = field.name.upper()
        text = environ.get(variable, "")
        if text == "":
            if field.required:
                problems.append(f"{variable} is missing")
            continue
        try:
            values[field.name] = msgspec.convert(_parts(text, field.type), field.type, strict=False)
        except msgspec.ValidationError as error:
            problems.append(f"{variable} is wrong ({error})")
    problems += local_settings_in_cloud(environ)
    if not problems:
        try:
            return settings_type(**values)
        except ValueError as error:  # raised by a struct's __post_init__ where fields contradict each other
            problems.append(str(error))
    raise SettingsError(problems)


def refuse_local_settings_in_cloud(environ: Mapping[str, str]) -> None:
    """Raise SettingsError where a deployed function (K_SERVICE is set) is told to trust what only a laptop may."""
    problems = list(local_settings_in_cloud(environ))
    if problems:
        raise SettingsError(problems)


def local_settings_in_cloud(environ: Mapping[str, str]) -> Iterator[str]:
    """Every variable that must not be set on Google Cloud, with the reason; nothing outside Google Cloud."""
    if not environ.get("K_SERVICE"):
        return
    for variable, value in environ.items():
        if not value:
            continue
        if variable.endswith("_EMULATOR_HOST"):
            yield f"{variable} must not be set on Google Cloud: the local cloud checks less"
        elif variable == "SIGNER_KEY_FILE":
            yield f"{variable} must not be set on Google Cloud: set SIGNER_EMAIL, which needs no key"
        elif variable == "FAILPOINTS":
            yield f"{variable} must not be set on Google Cloud: it lets work fail on purpose"
        elif variable.endswith("_KEYS_URL") and not value.startswith(GOOGLE_KEYS):
            yield f"{variable} must be one of Google's on Google Cloud"


def _parts(text: str, wanted: Any) -> Any:
    if wanted == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
