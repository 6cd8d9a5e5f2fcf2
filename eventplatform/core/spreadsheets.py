"""Cells of CSV files that no spreadsheet takes for a formula."""

from __future__ import annotations

# What a spreadsheet may take for a formula, also in full width, and the guard itself.
_GUARDED = tuple("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")


def guarded(cell: str) -> str:
    """The cell so that no spreadsheet runs it: a quote before what could begin a formula."""
    return f"'{cell}" if cell[:1] in _GUARDED else cell


def unguarded(cell: str) -> str:
    """The cell without its guard."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _GUARDED else cell
