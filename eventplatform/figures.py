"""Numbers and times as the pages write them: thin groups, k M G, digits that count, ages in words."""

from __future__ import annotations

from datetime import UTC, datetime

NOTHING = "\u2013"  # an en dash: no figure is known
_THIN = "\u202f"  # narrow no-break space
_SHORT_FROM = 10_000
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_TWO_DIGITS = 10


def thin(number: float | None) -> str:
    """The exact number in thin groups: 981 204 417."""
    if number is None:
        return NOTHING
    if isinstance(number, float) and not number.is_integer():
        return digits(number)
    return f"{int(number):,}".replace(",", _THIN)


def short(number: float | None) -> str:
    """For charts and tiles: k, M, G from 10 000 on."""
    if number is None:
        return NOTHING
    if abs(number) < _SHORT_FROM:
        return thin(number)
    for size, unit in _UNITS:
        if abs(number) >= size:
            return f"{digits(number / size)}{_THIN}{unit}"
    return thin(number)


def rate(number: float | None) -> str:
    """A rate with the digits that count; short from 10 000 on."""
    if number is None:
        return NOTHING
    return digits(number) if number < _SHORT_FROM else short(number)


def digits(number: float) -> str:
    """Two or three digits that count: 0.24, 1.2, 35, 960."""
    size = abs(number)
    if size and size < 0.001:  # noqa: PLR2004  # something is never written as 0
        return "<\u202f0.001"
    places = 0 if size >= 100 else 1 if size >= 1 else 2 if size >= 0.1 else 3  # noqa: PLR2004  # orders of magnitude
    text = f"{number:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: int, whole: int) -> str:
    """A share in percent; something is never written as nothing, nor almost everything as all."""
    if not part or not whole:
        return "0"
    percent = part / whole * 100
    if percent < 0.001:  # noqa: PLR2004  # the smallest share written out
        return "< 0.001 %"
    if part < whole and percent > 99.999:  # noqa: PLR2004  # likewise
        return "> 99.999 %"
    digits = 3 if percent < 1 or percent > 99 else 1  # noqa: PLR2004  # where the difference counts
    text = f"{percent:.{digits}f}".rstrip("0").rstrip(".")
    return f"{text} %"


def age(seconds: float | None) -> str:
    """A duration in words, its two largest units: `40 s`, `25 min`, `1 h 27 min`, `4 d 9 h`."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0)
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < _MINUTE:
        return f"{digits(round(seconds, 1)) if seconds < _TWO_DIGITS else round(seconds)} s"
    whole = int(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "min")
    return _two(whole, _DAY, "d", _HOUR, "h")


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago `moment` was: `now`, `12 s ago`, `never`."""
    if moment is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    return "now" if seconds < 1 else f"{age(int(seconds))} ago"


def _two(whole: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = whole % large // small
    text = f"{whole // large} {large_unit}"
    return f"{text} {rest} {small_unit}" if rest else text
