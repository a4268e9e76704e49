r"""The filter language of subscriptions, over the attributes of a message.

    expression = unary { "AND" unary } | unary { "OR" unary }
    unary      = ( "NOT" | "-" ) unary | "(" expression ")" | test
    test       = "attributes" ":" key
               | "attributes" "." key ( "=" | "!=" ) string
               | "hasPrefix" "(" "attributes" "." key "," string ")"
    key        = letters, digits, "_" and "-" | string

AND and OR do not mix without parentheses. `attributes.k != "v"` is the negation of `attributes.k = "v"`, so that a
message without `k` matches. Strings take the escapes \" \' \\ \a \b \f \n \r \t \v, \xHH, \uHHHH, \UHHHHHHHH and
three octal digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LIMIT = 256  # bytes

Matcher = Callable[[Mapping[str, str]], bool]


class FilterError(ValueError):
    """The text is not a filter; the message says where it goes wrong."""


def parse(text: str) -> Matcher:
    """The matcher of a filter. Raises FilterError, and nothing else, whatever the text."""
    if len(text.encode("utf-8", "surrogatepass")) > LIMIT:
        raise FilterError(f"it is longer than {LIMIT} bytes")
    return _Parser(_tokens(text)).filter()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    kind: str  # word, string, sign, end
    text: str  # for a string, what it stands for
    at: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"{self.text!r} at character {self.at + 1}"


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\\n\r]|\\[^\n\r])*")|(?P<word>[A-Za-z0-9_][A-Za-z0-9_-]*)|(?P<sign>!=|[=:().,-])|(?P<end>\Z))""",
    re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "'": "'", "\\": "\\"}


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise FilterError(f"character {position + 1} cannot stand there")
        kind, raw = match.lastgroup, match[match.lastgroup]
        found.append(_Token(kind=kind, text=_unquote(raw) if kind == "string" else raw, at=match.start(kind)))
        position = match.end()
    return found


def _unquote(literal: str) -> str:
    return _ESCAPE.sub(_unescape, literal[1:-1])


def _unescape(match: re.Match[str]) -> str:
    if match[5] is not None:
        if match[5] not in _SIMPLE:
            raise FilterError(f"there is no escape {match[0]}")
        return _SIMPLE[match[5]]
    code = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise FilterError(f"{match[0]} is no character")
    return chr(code)


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def filter(self) -> Matcher:
        made = self._expression()
        self._expect("end")
        return made

    def _expression(self) -> Matcher:
        parts = [self._unary()]
        joint = self._peek("word", "AND", "OR")
        while joint is not None and self._accept("word", joint):
            parts.append(self._unary())
        if joint is not None and self._peek("word", "AND", "OR"):
            raise FilterError("AND and OR are mixed without parentheses")
        if len(parts) == 1:
            return parts[0]
        return _all(parts) if joint == "AND" else _any(parts)

    def _unary(self) -> Matcher:
        if self._accept("word", "NOT") or self._accept("sign", "-"):
            return _not(self._unary())
        if self._accept("sign", "("):
            inner = self._expression()
            self._expect("sign", ")")
            return inner
        if self._accept("word", "hasPrefix"):
            return self._prefix()
        return self._test()

    def _prefix(self) -> Matcher:
        self._expect("sign", "(")
        self._expect("word", "attributes")
        self._expect("sign", ".")
        key = self._key()
        self._expect("sign", ",")
        prefix = self._expect("string")
        self._expect("sign", ")")
        return lambda attributes: key in attributes and attributes[key].startswith(prefix)

    def _test(self) -> Matcher:
        self._expect("word", "attributes")
        if self._accept("sign", ":"):
            present = self._key()
            return lambda attributes: present in attributes
        self._expect("sign", ".")
        key = self._key()
        negated = self._accept("sign", "!=")
        if not negated:
            self._expect("sign", "=")
        value = self._expect("string")
        equal: Matcher = lambda attributes: key in attributes and attributes[key] == value  # noqa: E731 - one of two
        return _not(equal) if negated else equal

    def _key(self) -> str:
        return self._expect("string" if self._tokens[self._next].kind == "string" else "word")

    def _peek(self, kind: str, *texts: str) -> str | None:
        token = self._tokens[self._next]
        return token.text if token.kind == kind and token.text in texts else None

    def _accept(self, kind: str, text: str) -> bool:
        found = self._peek(kind, text) is not None
        self._next += found
        return found

    def _expect(self, kind: str, text: str | None = None) -> str:
        token = self._tokens[self._next]
        if token.kind != kind or (text is not None and token.text != text):
            raise FilterError(f"{text or _KINDS[kind]} is wanted, not {token}")
        self._next += kind != "end"
        return token.text


_KINDS = {"word": "a name", "string": "a string in double quotes", "sign": "a sign", "end": "the end"}


def _not(part: Matcher) -> Matcher:
    return lambda attributes: not part(attributes)


def _all(parts: list[Matcher]) -> Matcher:
    return lambda attributes: all(part(attributes) for part in parts)


def _any(parts: list[Matcher]) -> Matcher:
    return lambda attributes: any(part(attributes) for part in parts)
