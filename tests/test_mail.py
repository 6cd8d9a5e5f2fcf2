"""How e-mail leaves, from one URL."""

from __future__ import annotations

import pytest

from eventplatform.mail import BadMailUrlError, Mail, read

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "mail"),
    [
        ("smtp://localhost", Mail(SMTP, "localhost", 25)),
        ("smtp+starttls://bot:p%40ss@mail.example.org", Mail(SMTP, "mail.example.org", 587, "bot", "p@ss", is_starttls=True)),
        ("smtps://mail.example.org:4650", Mail(SMTP, "mail.example.org", 4650, is_tls=True)),
        ("file:///var/mail%20box", Mail("django.core.mail.backends.filebased.EmailBackend", folder="/var/mail box")),
        ("console:", Mail("django.core.mail.backends.console.EmailBackend")),
    ],
)
def test_read__url__says_all_of_it(url: str, mail: Mail) -> None:
    assert read(url) == mail


@pytest.mark.parametrize(
    "url", ["", "mail.example.org", "http://user:secret@host", "smtp://", "smtp://user:secret@host:x", "file://folder/x"]
)
def test_read__what_is_none__refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(BadMailUrlError) as caught:
        read(url)

    assert str(caught.value).startswith("EMAIL_URL ")
    assert "secret" not in str(caught.value)
