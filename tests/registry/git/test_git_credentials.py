"""A private key that git could not use without somebody at a keyboard is told when it is entered."""

from __future__ import annotations

import base64

import pytest

from registry.git.credentials import Credentials
from registry.git.errors import BadCredentialsError


def openssh(cipher: bytes) -> str:
    body = base64.b64encode(b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher + bytes(90)).decode()
    lines = "\n".join(body[start : start + 70] for start in range(0, len(body), 70))
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}\n-----END OPENSSH PRIVATE KEY-----\n"


PEM = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"
PKCS8 = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n"


@pytest.mark.parametrize("key", [openssh(b"aes256-ctr"), openssh(b"aes256-ctr").replace("\n", "\r\n"), PEM, PKCS8])
def test_credentials__key_with_a_passphrase__refused_when_entered(key: str) -> None:
    with pytest.raises(BadCredentialsError, match="passphrase"):
        Credentials(private_key=key).check("ssh")


@pytest.mark.parametrize("key", [openssh(b"none"), PEM.replace("ENCRYPTED", "CLEAR"), "-----BEGIN X-----\nno base64!\n"])
def test_credentials__key_without__taken(key: str) -> None:
    Credentials(private_key=key).check("ssh")
