"""Connection URLs without secrets: only known harmless words are taken, and no refusal repeats the text."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from eventplatform.core.errors import RejectedError

# A list of what may stand there: libpq knows many words that hold a secret or lead to one, and gets new ones.
ALLOWED = (
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "sslmode",
    "sslrootcert",
    "application_name",
    "connect_timeout",
    "target_session_attrs",
)
_EMBEDDED = "embedded:"


class UrlUnreadableError(RejectedError):
    """The text is no connection URL."""

    code = "option.url_unreadable"
    message = "The option {name} is no connection URL of PostgreSQL."
    remedy = "Write it as postgresql://user@host:5432/database, with special characters percent-encoded."


class WordInUrlError(RejectedError):
    """The URL holds a password, or something else that has no place in it."""

    code = "option.word_in_url"
    message = "The option {name} can't hold {word}: it is kept in plain text and shown."
    remedy = "Leave it out, and put the password into the option password, which is encrypted. The URL may hold: {allowed}."


def check(text: str, *, name: str) -> None:
    """Refuse a URL that holds what is not allowed; `embedded:` names are none.

    Raises:
        UrlUnreadableError, WordInUrlError: with a pointer to the option; neither repeats the text.
    """
    if text.startswith(_EMBEDDED):
        return
    try:
        found = conninfo_to_dict(text)
    except (psycopg.Error, UnicodeError, ValueError):  # libpq's own reason quotes the text
        raise UrlUnreadableError(pointer=f"/{name}", name=name) from None
    words = [word for word in found if word not in ALLOWED]
    if "://" in str(found.get("dbname", "")) or "=" in str(found.get("dbname", "")):
        words.append("a URL inside dbname")  # libpq may open such a name as a whole new address
    if words:
        raise WordInUrlError(pointer=f"/{name}", name=name, word=words[0], allowed=", ".join(ALLOWED))
