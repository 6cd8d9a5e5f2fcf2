"""Hands credentials to git by its environment and files that only we may read; never by its arguments."""

from __future__ import annotations

import base64
import contextlib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from registry.git.addresses import Address
from registry.git.errors import BadCredentialsError, HostKeyError

_SSH = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "GlobalKnownHostsFile": "/dev/null",
    "UpdateHostKeys": "no",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "10",
    "ServerAliveCountMax": "3",
}

_OPENSSH = b"openssh-key-v1\0"
_NO_CIPHER = b"\0\0\0\x04none"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a repository; all of it is secret, and none of it is in its `repr`."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    known_hosts: str = field(default="", repr=False)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From what was sealed."""
        return cls(**{name: str(kept.get(name, "")) for name in FIELDS})

    def kept(self) -> dict[str, str]:
        """What is to be sealed: the fields that hold something."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}

    def check(self, transport: str) -> None:
        """Refuse what can't work; the words of a secret never stand in the error."""
        if any(character in self.username + self.password for character in "\r\n\0") or ":" in self.username:
            raise BadCredentialsError(reason="A user holds a colon, or a user or password a line break.")
        if self.private_key and not self.private_key.lstrip().startswith("-----BEGIN "):
            raise BadCredentialsError(reason="The private key doesn't begin with a line -----BEGIN … PRIVATE KEY-----.")
        if _is_locked(self.private_key):
            raise BadCredentialsError(
                reason="The private key has a passphrase, which nobody could enter; take a key without one."
            )
        if transport == "https" and (self.private_key or self.known_hosts):
            raise BadCredentialsError(reason="An https repository takes no ssh key.")
        if transport == "ssh" and (self.username or self.password):
            raise BadCredentialsError(reason="An ssh repository takes no password; its user stands in the URL.")
        if transport == "file" and self.kept():
            raise BadCredentialsError(reason="A path on this machine takes no credentials.")

    def words(self) -> Iterator[str]:
        """Everything that must be struck out of what git says."""
        if self.username or self.password:
            yield self._basic()
        yield from filter(None, (self.password, "" if self.password else self.username))
        yield from (line for line in self.private_key.splitlines() if line and not line.startswith("-----"))

    def config(self, address: Address) -> Iterator[tuple[str, str]]:
        """Git's configuration with them, for this host alone."""
        if address.transport == "https" and (self.username or self.password):
            yield f"http.https://{_authority(address)}/.extraHeader", f"Authorization: Basic {self._basic()}"

    def environment(self, address: Address, private: Path) -> dict[str, str]:
        """Git's environment with them; an ssh key goes into a file below `private`, which only we can read."""
        if address.transport != "ssh":
            return {}
        if not self.known_hosts.strip():
            raise HostKeyError
        options = {**_SSH, "UserKnownHostsFile": str(_written(private / "known_hosts", self.known_hosts))}
        if self.private_key:
            options["IdentityFile"] = str(_written(private / "key", self.private_key))
        command = ["ssh", "-F", "none", "-a", "-x", "-T", *(f"-o{name}={value}" for name, value in options.items())]
        return {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"}

    def _basic(self) -> str:
        # A token alone is a password; hosts that look at the user's name too take any.
        return base64.b64encode(f"{self.username or 'token'}:{self.password}".encode()).decode()


FIELDS = ("username", "password", "private_key", "known_hosts")


def _authority(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == 443 else f"{host}:{address.port}"  # noqa: PLR2004  # the port of https


def _is_locked(private_key: str) -> bool:
    """Whether a passphrase guards it: PEM says so in words, OpenSSH's own form by the name of a cipher after its magic."""
    if "ENCRYPTED" in private_key:
        return True
    body = "".join(line.strip() for line in private_key.splitlines() if "-----" not in line)[:64]
    with contextlib.suppress(ValueError):
        start = base64.b64decode(body)
        return start.startswith(_OPENSSH) and not start.startswith(_OPENSSH + _NO_CIPHER)
    return False


def _written(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text.replace("\r\n", "\n").rstrip("\n") + "\n")
    return path
