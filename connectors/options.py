"""Options of a store, declared once as a frozen dataclass: parsing, form, docs and masking follow from the declaration."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from eventplatform.core.errors import RejectedError

T = TypeVar("T")

MASK = "••••••••"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class OptionUnknownError(RejectedError):
    """A document or form names an option that the kind doesn't have."""

    code = "option.unknown"
    message = "There is no option {name}."
    remedy = "The options are: {known}."


class OptionMissingError(RejectedError):
    """A required option is absent or empty."""

    code = "option.missing"
    message = "The option {name} is not set."
    remedy = "Set it: {help}"


class OptionInvalidError(RejectedError):
    """An option's value can't be used."""

    code = "option.invalid"
    message = "The option {name} can't be {value}."
    remedy = "{help}"


def option(
    text: str,
    default: Any = dataclasses.MISSING,
    *,
    secret: bool = False,
    choices: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    beginning: str = "",
    minimum: float | None = None,
    place: str = "",
) -> Any:
    """Declare one option of a store; `text` is its help.

    A `secret` is kept encrypted, written but never shown. `choices` hold for each value of a list or mapping, `names` for a
    mapping's names; `beginning` is what each text begins with, where there is one.
    `place` tells the platform that the value may be relative to its own servers: `folder` (below `VAR_DIR`) or `database`
    (`embedded:name`, a database beside the platform's own); or that it is an http(s) URL: `server` (without a password), or
    `webhook` (moreover, into no inner network).
    Types are str, int, float, bool, `tuple[str, ...]` (given as a list, or as text with commas) and `dict[str, str]`.
    """
    facts = {"help": text, "secret": secret, "choices": choices, "names": names, "beginning": beginning}
    facts |= {"minimum": minimum, "place": place}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=facts)
    return dataclasses.field(default=default, metadata=facts)


@dataclass(frozen=True, slots=True)
class Option:
    """One declared option, as forms, docs and masking see it."""

    name: str
    type: Any  # str, int, float, bool, tuple[str, ...] or dict[str, str]
    help: str
    is_required: bool
    default: Any
    is_secret: bool
    choices: tuple[str, ...]
    minimum: float | None
    place: str
    names: tuple[str, ...] = ()
    beginning: str = ""


def declared(options: type) -> tuple[Option, ...]:
    """The options that a dataclass declares, in their order."""
    types = typing.get_type_hints(options)
    return tuple(_describe(field, types[field.name]) for field in dataclasses.fields(options))


def parse(options: type[T], values: Mapping[str, Any]) -> T:
    """An instance of `options` from untyped values.

    Raises:
        OptionUnknownError, OptionMissingError, OptionInvalidError: with a pointer to the option.
    """
    known = {option.name: option for option in declared(options)}
    for name in values:
        if name not in known:
            raise OptionUnknownError(pointer=f"/{name}", name=name, known=", ".join(known) or "none")
    return options(**{name: _value(option, values.get(name)) for name, option in known.items()})


def problems(options: type, values: Mapping[str, Any]) -> list[RejectedError]:
    """Everything that `parse` would refuse, each with a pointer to its option."""
    known = {option.name: option for option in declared(options)}
    names = ", ".join(known) or "none"
    found: list[RejectedError] = [
        OptionUnknownError(pointer=f"/{name}", name=name, known=names) for name in values if name not in known
    ]
    for name, option in known.items():
        try:
            _value(option, values.get(name))
        except RejectedError as error:
            found.append(error)
    if not found:  # each by itself is right; do they go together?
        try:
            parse(options, values)
        except RejectedError as error:
            found.append(error)
    return found


def split_secrets(options: type, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """`values` as open ones and secret ones."""
    secret = {option.name for option in declared(options) if option.is_secret}
    return (
        {name: value for name, value in values.items() if name not in secret},
        {name: value for name, value in values.items() if name in secret},
    )


def _describe(field: dataclasses.Field[Any], kind: type) -> Option:
    is_required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return Option(
        name=field.name,
        type=kind,
        help=field.metadata["help"],
        is_required=is_required,
        default=None if is_required else default,
        is_secret=field.metadata["secret"],
        choices=field.metadata["choices"],
        minimum=field.metadata["minimum"],
        place=field.metadata["place"],
        names=field.metadata["names"],
        beginning=field.metadata["beginning"],
    )


def _value(option: Option, given: Any) -> Any:
    if given is None or given == "":  # an empty list or mapping is a value
        if option.is_required:
            raise OptionMissingError(pointer=f"/{option.name}", name=option.name, help=option.help)
        return option.default
    try:
        value = _convert(option.type, given)
    except (TypeError, ValueError, OverflowError):
        raise _invalid(option, given) from None
    is_small = option.minimum is not None and value < option.minimum
    if is_small or not (_is_chosen(option, value) and _begins(option, value) and _is_named(option, value)):
        raise _invalid(option, given)
    return value


def _is_chosen(option: Option, value: Any) -> bool:
    """Choices hold for the value, or for each of a list's or mapping's values."""
    if not option.choices:
        return True
    values = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
    return all(one in option.choices for one in values)


def _begins(option: Option, value: Any) -> bool:
    texts = value if isinstance(value, tuple) else (value,)
    return not option.beginning or all(one.startswith(option.beginning) for one in texts)


def _is_named(option: Option, value: Any) -> bool:
    return not option.names or value.keys() <= set(option.names)


def _convert(kind: Any, given: Any) -> Any:
    if typing.get_origin(kind) is tuple:
        return _texts(given)
    if typing.get_origin(kind) is dict:
        if not isinstance(given, dict) or not all(isinstance(one, (str, int, float)) for one in given.values()):
            raise TypeError(given)
        return {str(name): _as_written(one) for name, one in given.items()}
    if kind is bool:
        word = str(given).strip().lower()
        if word not in _TRUE | _FALSE:
            raise ValueError(word)
        return word in _TRUE
    if isinstance(given, (dict, list)) or (kind is not str and isinstance(given, bool)):
        raise TypeError(given)
    value = kind(given)
    if kind is float and not math.isfinite(value):  # no bound holds it, and JSON has no word for it
        raise ValueError(value)
    if kind is int and isinstance(given, float) and value != given:  # nothing is cut to fit
        raise ValueError(given)
    return value


def _as_written(value: Any) -> str:
    """As people write it in JSON and YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
        raise TypeError(given)
    return tuple(given)


def _invalid(option: Option, given: Any) -> OptionInvalidError:
    shown = MASK if option.is_secret else repr(given)
    words = {"Choose of": option.choices, "Names are": option.names}
    told = [f"{word} {', '.join(some)}." for word, some in words.items() if some]
    told += [f"It begins with {option.beginning}"] if option.beginning else []
    return OptionInvalidError(pointer=f"/{option.name}", name=option.name, value=shown, help=" ".join([option.help, *told]))
