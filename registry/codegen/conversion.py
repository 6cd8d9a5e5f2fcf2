"""The Python expressions that turn JSON into dataclasses and back."""

from __future__ import annotations

from collections.abc import Callable

from registry.codegen.shapes import Anything, ListOf, Literals, MapOf, Primitive, Record, Shape, Union


def decoded(shape: Shape, key: str, *, is_required: bool) -> str:
    """The expression that reads the field `key` of `data`."""
    if is_required:
        return _converted(shape, f"data[{key}]", _read, 0)
    if is_plain(shape):
        return f"data.get({key})"
    present = only_in(shape) if isinstance(shape, Union) else None
    return f"None if data.get({key}) is None else {_converted(present or shape, f'data[{key}]', _read, 0)}"


def encoded(shape: Shape, value: str) -> str:
    """The expression that writes `value`."""
    return _converted(shape, value, _written, 0)


def is_plain(shape: Shape) -> bool:
    """True where JSON's own value serves: nothing in it becomes a dataclass."""
    match shape:
        case Record():
            return False
        case ListOf(inner) | MapOf(inner):
            return is_plain(inner)
        case Union():
            only = only_in(shape)
            return only is None or is_plain(only)
    return True


def _read(record: Record, value: str) -> str:
    return f"{record.name}.from_dict({value})"


def _written(_record: Record, value: str) -> str:
    return f"{value}.to_dict()"


def _converted(shape: Shape, value: str, convert: Callable[[Record, str], str], depth: int) -> str:
    if is_plain(shape):
        return value
    match shape:
        case Record():
            return convert(shape, value)
        case ListOf(inner):
            item = f"item{depth or ''}"
            return f"[{_converted(inner, item, convert, depth + 1)} for {item} in {value}]"
        case MapOf(inner):
            key, item = f"key{depth or ''}", f"item{depth or ''}"
            return f"{{{key}: {_converted(inner, item, convert, depth + 1)} for {key}, {item} in {value}.items()}}"
        case Union() if (only := only_in(shape)) is not None:
            return f"(None if {value} is None else {_converted(only, value, convert, depth)})"
    return value


def only_in(shape: Union) -> Shape | None:
    """What a union holds beside null, if that is one shape."""
    present = [one for one in shape.shapes if one != Primitive("null")]
    return present[0] if len(present) == 1 and len(shape.shapes) > 1 else None


def is_nullable(shape: Shape) -> bool:
    """True where null is among its values."""
    match shape:
        case Union(shapes):
            return any(map(is_nullable, shapes))
        case Literals(values):
            return None in values
        case _:
            return shape in (Anything(), Primitive("null"))
