"""Personal data by the usual names of fields, and in text that is no JSON, where no schema says what is what."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Literal

from eventplatform.core.pii_values import GONE, MASK, family, network

NamedKind = Literal["", "ip", "user_agent", "secret"]

_KINDS: Mapping[str, NamedKind] = {
    **dict.fromkeys(
        (
            "ip", "client_ip", "ip_address", "remote_addr", "remote_address", "x_client_ip", "x_forwarded_for", "x_real_ip",
            "true_client_ip", "cf_connecting_ip", "forwarded",
        ),
        "ip",
    ),
    **dict.fromkeys(("user_agent", "useragent", "ua"), "user_agent"),
    **dict.fromkeys(
        ("cookie", "set_cookie", "authorization", "proxy_authorization", "password", "passwd", "access_token", "api_key",
         "x_producer_key", "email", "email_address"),
        "secret",
    ),
}  # fmt: skip
_LONGEST_NAME = 32
_PAIR = re.compile(r"""(["'])([^"'\\]{2,64})\1(\s*:\s*)(?:"((?:[^"\\]|\\.)*)("?)|([-+.\w]{1,64}))""")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:]{3,39}(?![\w:])")  # candidates
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_AGENT = re.compile(r"Mozilla/\d\.\d \([^\"\n]{0,400}")


@lru_cache(maxsize=4096)
def kind_of_name(name: str) -> NamedKind:
    """What a field of that name usually holds; empty for anything else."""
    return _KINDS.get(name.lower().replace("-", "_"), "") if len(name) <= _LONGEST_NAME else ""


def clean_text(text: str, marked: Collection[str] = ()) -> str:
    """Text that is no JSON, such as a broken body: named fields cleaned, then addresses, user agents, e-mail addresses.

    `marked` are names of fields that a schema marks: what stands behind them is masked.
    """
    done = _PAIR.sub(lambda found: _clean_pair(found, marked), text)
    done = _AGENT.sub(lambda found: str(family(found[0])), done)
    done = _EMAIL.sub(MASK, done)
    return _IPV6.sub(_shortened, _IPV4.sub(_shortened, done))


def mask_text(text: str, marked: Collection[str] = ()) -> str:
    """The same places with a mask, for people who may not see personal data."""
    done = _PAIR.sub(lambda found: _pair(found, MASK) if kind_of_name(found[2]) or found[2] in marked else found[0], text)
    for pattern in (_AGENT, _EMAIL, _IPV4):
        done = pattern.sub(MASK, done)
    return _IPV6.sub(lambda found: found[0] if network(found[0]) is GONE else MASK, done)


def _clean_pair(found: re.Match[str], marked: Collection[str]) -> str:
    kind = kind_of_name(found[2])
    if not kind:
        return _pair(found, MASK) if found[2] in marked else found[0]
    value = found[4] or ""
    done = network(value) if kind == "ip" else family(value) if kind == "user_agent" else GONE
    return _pair(found, MASK if done is GONE else done)


def _pair(found: re.Match[str], value: str) -> str:
    end = '"' if found[5] is None else found[5]
    return f'{found[1]}{found[2]}{found[1]}{found[3]}"{value}{end}'


def _shortened(found: re.Match[str]) -> str:
    done = network(found[0])
    return found[0] if done is GONE else str(done)
