"""Whether a job may be made: pure checks of a request against kinds, switches and budget."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from shared.errors import FailedPrecondition, InvalidArgument, ResourceExhausted
from shared.ledger import Level
from shared.model.kinds import IMAGE_TYPES, KINDS, MAX_IMAGE_BYTES, Kind, Priority
from shared.switches import Switches

from .contract import JobRequest, Photo

SHOWN: Final = 80  # characters of what the client sent that an error repeats


def admit(wanted: JobRequest, switches: Switches) -> Kind:
    """The kind of a request that may become a job.

    Raises InvalidArgument KIND_UNKNOWN, IMAGE_COUNT, IMAGE_TYPE, IMAGE_SIZE, OPTION_UNKNOWN or OPTION_INVALID, and
    FailedPrecondition KIND_DISABLED.
    """
    kind = KINDS.get(wanted.kind)
    if kind is None:
        names = ", ".join(sorted(KINDS))
        raise InvalidArgument("KIND_UNKNOWN", f"There is no such kind of analysis. Use one of: {names}.", kinds=names)
    if not switches.kind(kind.name):
        message = f"The analysis {kind.name} is turned off for now. Try again later, or use another kind."
        raise FailedPrecondition("KIND_DISABLED", message, kind=kind.name)
    _check_count(kind, len(wanted.images))
    for index, photo in enumerate(wanted.images):
        _check_photo(index, photo)
    for name, value in wanted.options.items():
        _check_option(kind, name, value)
    return kind


def throttle(priority: Priority, level: Level, now: datetime) -> None:
    """Raise ResourceExhausted BUDGET_THROTTLED where batch work has to wait for the next day's budget.

    Nothing else is refused for money: when it has run out, paid engines are left out, and results say so.
    """
    if priority is not Priority.BATCH or level not in (Level.THROTTLE, Level.DEGRADE):
        return
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(tzinfo=now.tzinfo))
    raise ResourceExhausted(
        "BUDGET_THROTTLED",
        "Most of today's budget is spoken for, so batch work waits until midnight UTC. "
        "Send it then, or send what is urgent with priority normal.",
        retry_after=max(1, int((tomorrow - now).total_seconds())),
    )


def _check_count(kind: Kind, count: int) -> None:
    if kind.min_images <= count <= kind.max_images:
        return
    least, most = kind.min_images, kind.max_images
    allowed = f"{least} to {most} photos" if least < most else f"{least} photo{'s' if least != 1 else ''}"
    message = f"A job of kind {kind.name} takes {allowed}, not {count}. Make one job for each set of photos."
    raise InvalidArgument("IMAGE_COUNT", message, min=str(least), max=str(most), given=str(count))


def _check_photo(index: int, photo: Photo) -> None:
    if photo.content_type not in IMAGE_TYPES:
        allowed = ", ".join(IMAGE_TYPES)
        message = f"Photo {index} is of a type that cannot be read here. Convert it to one of: {allowed}."
        raise InvalidArgument("IMAGE_TYPE", message, image=str(index), allowed=allowed)
    if not 1 <= photo.size <= MAX_IMAGE_BYTES:
        message = (
            f"Photo {index} must have between 1 and {MAX_IMAGE_BYTES} bytes. Send its exact size in `size`; "
            "make it smaller if it has more."
        )
        raise InvalidArgument("IMAGE_SIZE", message, image=str(index), max=str(MAX_IMAGE_BYTES))


def _check_option(kind: Kind, name: str, value: object) -> None:
    wanted = kind.options.get(name)
    allowed = ", ".join(f"{option} ({of.__name__})" for option, of in sorted(kind.options.items())) or "none"
    if wanted is None:
        message = f"{kind.name} has no option {name[:SHOWN]!r}. Its options are: {allowed}."
        raise InvalidArgument("OPTION_UNKNOWN", message, option=name[:SHOWN], allowed=allowed)
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        message = f"The option {name!r} of {kind.name} is a {wanted.__name__}. Its options are: {allowed}."
        raise InvalidArgument("OPTION_INVALID", message, option=name, allowed=allowed)
