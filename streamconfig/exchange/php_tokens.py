"""PHP source as tokens, as far as literal arrays need them; everything else is refused by its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from streamconfig.exchange.errors import PhpNotLiteralError, TooLargeError

Kind = Literal["value", "variable", "word", "sign", "end"]
_MAX_TOKENS = 2_000_000
_SPACE = re.compile(r"(?:\s+|//[^\n]*?(?=\?>|\n|\Z)|\#(?!\[)[^\n]*?(?=\?>|\n|\Z)|/\*.*?\*/|<\?php\b|\?>\s*\Z)+", re.DOTALL)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d[\d_]*)?")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r"\\?[A-Za-z_][A-Za-z0-9_\\]*")
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_SIGNS = ("=>", "[", "]", "(", ")", ",", "=", ";", "-", "+")
_INTERPOLATION = re.compile(r"(?<!\\)(?:\\\\)*(\$[A-Za-z_{]|\{\$)")
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f", "\\": "\\", "$": "$", '"': '"'}
_MAX_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source: a literal's value, or a variable, word or sign as it is written."""

    kind: Kind
    value: Any
    line: int

    def is_sign(self, *signs: str) -> bool:
        """True for one of the signs."""
        return self.kind == "sign" and self.value in signs

    def is_word(self, word: str) -> bool:
        """True for that word; PHP's own don't care about case."""
        return self.kind == "word" and self.value.lower() == word


def tokens(text: str) -> Iterator[Token]:
    """The tokens, an `end` behind the last.

    Raises:
        PhpNotLiteralError: something that is no part of literal arrays.
        TooLargeError: more tokens than a configuration has.
    """
    at, line = 0, 1
    for _ in range(_MAX_TOKENS):
        space = _SPACE.match(text, at)
        if space:
            line += space[0].count("\n")
            at = space.end()
        if at >= len(text):
            yield Token("end", "", line)
            return
        token, end = _token(text, at, line)
        yield token
        line += text.count("\n", at, end)
        at = end
    raise TooLargeError("The file has more values than a configuration needs.", line)


def _token(text: str, at: int, line: int) -> tuple[Token, int]:
    if found := _SINGLE.match(text, at):
        return Token("value", re.sub(r"\\([\\'])", r"\1", found[1]), line), found.end()
    if found := _DOUBLE.match(text, at):
        return Token("value", _double_quoted(found[1], line), line), found.end()
    if found := _VARIABLE.match(text, at):
        return Token("variable", found[0], line), found.end()
    if found := _WORD.match(text, at):
        return Token("word", found[0], line), found.end()
    if (text[at].isdigit() or text[at] == ".") and (found := _NUMBER.match(text, at)):
        return Token("value", _number(found[0], line), line), found.end()
    for sign in _SIGNS:
        if text.startswith(sign, at):
            return Token("sign", sign, line), at + len(sign)
    raise PhpNotLiteralError(f"Here is {_shown(text, at)}, which is no part of a literal array.", line)


def _shown(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "a text without an end"
    return text[at : at + 20].split("\n", maxsplit=1)[0].strip()


def _double_quoted(text: str, line: int) -> str:
    if _INTERPOLATION.search(text):
        raise PhpNotLiteralError("A text in double quotes has a variable in it.", line)

    def unescaped(found: re.Match[str]) -> str:
        escape = found[1]
        if escape in _ESCAPES:
            return _ESCAPES[escape]
        if escape[0] in "ux" and len(escape) > 1:
            return _character(int(escape.strip("ux{}"), 16), line)
        return _character(int(escape, 8) & 0xFF, line) if escape[0] in "01234567" else found[0]

    return _ESCAPE.sub(unescaped, text)


def _character(code: int, line: int) -> str:
    if code > _MAX_CODE_POINT or code in _SURROGATES or code == 0:
        raise PhpNotLiteralError(f"A text has the character {code:#x}, which can't be stored.", line)
    return chr(code)


def _number(text: str, line: int) -> int | float:
    digits = text.replace("_", "").lower()
    try:
        if digits.startswith(("0x", "0b", "0o")):
            value: int | float = int(digits, 0)
        elif digits.isdigit():
            value = int(digits, 8) if digits.startswith("0") and len(digits) > 1 else int(digits)
        else:
            value = float(digits)
    except ValueError:
        raise PhpNotLiteralError(f"{text[:40]} is no number.", line) from None
    if abs(value) >= _LARGEST:
        raise PhpNotLiteralError(f"{text[:40]} is larger than a whole number may be.", line)
    return value
