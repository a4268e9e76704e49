"""Listing the objects of a bucket: by prefix, folded at a delimiter, page by page."""

from __future__ import annotations

import base64
import binascii

import msgspec

from localcloud.storage.database import Database
from localcloud.storage.errors import INVALID, Refusal
from localcloud.storage.object_table import object_from
from localcloud.storage.objects import StoredObject

LARGEST_PAGE = 1000

_HIGHEST = "\U0010ffff"
_cursor = msgspec.json.Decoder(tuple[str, int])


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What to list: names that begin with `prefix`, from `start` on, before `end`."""

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    versions: bool = False
    trailing_delimiter: bool = False
    most: int = LARGEST_PAGE
    page_token: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Objects and folded prefixes in the order of their names; `token` leads on, if there is more."""

    objects: list[StoredObject]
    prefixes: list[str]
    token: str | None


class _Cursor(msgspec.Struct, frozen=True):
    """The next place to look at: this generation of this name, or whatever follows."""

    name: str
    generation: int = 0

    def token(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode([self.name, self.generation])).decode()


def page(database: Database, listing: Listing) -> Page:
    """One page. Raises Refusal 400 for a page token that never was one."""
    after_last = successor(listing.prefix)
    ends = [end for end in (listing.end, after_last) if end]
    end = min(ends) if ends else None
    cursor = _from_token(listing.page_token) or _Cursor(max(listing.prefix, listing.start))
    objects: list[StoredObject] = []
    prefixes: list[str] = []
    while True:
        room = max(0, listing.most - len(objects) - len(prefixes))
        rows = _rows(database, listing, cursor, end, room + 1)
        if not rows:
            return Page(objects=objects, prefixes=prefixes, token=None)
        if room == 0:
            return Page(objects=objects, prefixes=prefixes, token=cursor.token())
        for found in rows[:room]:
            folded = _folded(found.name, listing)
            if not folded or (listing.trailing_delimiter and folded == found.name):
                objects.append(found)
                cursor = _Cursor(found.name, found.generation + 1)
            if folded:
                prefixes.append(folded)
                behind = successor(folded)
                if behind is None:
                    return Page(objects=objects, prefixes=prefixes, token=None)
                cursor = _Cursor(behind)
                break


def successor(prefix: str) -> str | None:
    """The least name above every name that begins with `prefix`; None if there is none such."""
    stem = prefix.rstrip(_HIGHEST)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def _folded(name: str, listing: Listing) -> str:
    if not listing.delimiter:
        return ""
    at = name.find(listing.delimiter, len(listing.prefix))
    return "" if at < 0 else name[: at + len(listing.delimiter)]


def _rows(database: Database, listing: Listing, cursor: _Cursor, end: str | None, most: int) -> list[StoredObject]:
    rows = database.rows(
        "SELECT * FROM objects WHERE bucket = ? AND (name, generation) >= (?, ?) AND name < ?"
        " AND (? OR deleted IS NULL) ORDER BY name, generation LIMIT ?",
        listing.bucket,
        cursor.name,
        cursor.generation,
        b"" if end is None else end,  # to SQLite every blob, even the empty one, is greater than any text
        listing.versions,
        most,
    )
    return [object_from(row) for row in rows]


def _from_token(token: str) -> _Cursor | None:
    if not token:
        return None
    try:
        return _Cursor(*_cursor.decode(base64.b64decode(token.encode(), altchars=b"-_", validate=True)))
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise Refusal(INVALID, f"Invalid page token: '{token[:100]}'") from error
