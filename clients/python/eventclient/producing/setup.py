"""A pipeline as a client's options want it."""

from __future__ import annotations

from urllib.parse import urlsplit

from eventclient.contract.configuration import Configuration, is_configuration
from eventclient.contract.identifiers import Identifiers
from eventclient.errors import OptionError
from eventclient.producing import config_file
from eventclient.producing.judging import Judge
from eventclient.producing.options import Options
from eventclient.producing.pipeline import Pipeline


def checked_url(platform_url: str) -> str:
    try:
        parts = urlsplit(platform_url)
    except ValueError as error:
        raise OptionError(f"The platform's address can't be read: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise OptionError("The platform's address begins with http:// or https://.")
    return platform_url.rstrip("/")


def judge_of(options: Options) -> Judge:
    """Services are given identifiers; what runs on a person's device makes its own."""
    identifiers = None
    if options.platform != "service":
        identifiers = Identifiers({} if options.store is None else options.store, consent=options.consent)
    return Judge(force=options.force, consent=options.consent, identifiers=identifiers)


def pipeline_of(options: Options, judge: Judge) -> Pipeline:
    return Pipeline(options, judge, configuration=_configuration(options))


def _configuration(options: Options) -> Configuration | None:
    if options.config is not None:
        if not is_configuration(options.config):
            raise OptionError("config is a document as /api/v1/client answers it, of contract 1.")
        return Configuration(options.config)
    return config_file.read(options.config_file) if options.config_file is not None else None
