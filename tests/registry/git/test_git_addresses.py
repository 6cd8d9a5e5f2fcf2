"""Which repositories may be asked for: an allow-list, and nothing that git could take for an option or a helper."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventplatform.core.errors import PlatformError
from registry.git.addresses import Address, Rules, address_of, check_branch, check_folder, public_addresses

PRODUCTION = Rules(("https", "ssh"), (), ())
HOST = Address("https", "https://git.example.org/a", "git.example.org", 443)


@pytest.mark.parametrize(
    ("url", "transport", "host", "port"),
    [
        ("https://git.example.org/a/b.git", "https", "git.example.org", 443),
        ("HTTPS://Git.Example.org:8443/a", "https", "git.example.org", 8443),
        ("ssh://git@git.example.org:2222/a/b", "ssh", "git.example.org", 2222),
        ("git@git.example.org:a/b.git", "ssh", "git.example.org", 22),
        ("https://[2001:db8::1]/a", "https", "2001:db8::1", 443),
    ],
)
def test_address__well_formed__known_by_its_parts(url: str, transport: str, host: str, port: int) -> None:
    found = address_of(url, PRODUCTION)

    assert (found.transport, found.host, found.port) == (transport, host, port)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "repository.bad_url"),
        ("ext::sh -c touch% /tmp/x", "repository.bad_url"),
        ("ext::sh", "repository.transport_refused"),
        ("ext::https://git.example.org/a", "repository.transport_refused"),
        ("transport::https://git.example.org/a", "repository.transport_refused"),
        ("--upload-pack=touch", "repository.bad_url"),
        ("-oProxyCommand=x:y", "repository.bad_url"),
        ("ssh://-oProxyCommand=x/y", "repository.bad_url"),
        ("git@-oProxyCommand=x:y", "repository.bad_url"),
        ("git@host:-x", "repository.bad_url"),
        ("ssh://%2doProxyCommand=x/y", "repository.bad_url"),
        ("ssh://git:secret@git.example.org/a", "repository.secret_in_url"),
        ("https://user:secret@git.example.org/a", "repository.secret_in_url"),
        ("https://token@git.example.org/a", "repository.secret_in_url"),
        ("https://git.example.org/a?private_token=secret", "repository.bad_url"),
        ("https://git.example.org/a#secret", "repository.bad_url"),
        ("https://git.example.org/a\nb", "repository.bad_url"),
        ("https://git.example.org", "repository.bad_url"),
        ("https://git.example.org:port/a", "repository.bad_url"),
        ("http://git.example.org/a", "repository.transport_refused"),
        ("git://git.example.org/a", "repository.transport_refused"),
        ("ftp://git.example.org/a", "repository.transport_refused"),
        ("git+ssh://git.example.org/a", "repository.transport_refused"),
        ("file:///srv/git/a", "repository.transport_refused"),
        ("/srv/git/a", "repository.transport_refused"),
        ("file://host/srv/git/a", "repository.bad_url"),
        ("srv/git/a", "repository.bad_url"),
        ("../a", "repository.bad_url"),
    ],
)
def test_address__anything_else__refused_without_its_words(url: str, code: str) -> None:
    with pytest.raises(PlatformError) as caught:
        address_of(url, PRODUCTION)

    assert caught.value.code == code
    assert caught.value.hint
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_address__setting_that_opens_more__opens_nothing_more() -> None:
    with pytest.raises(PlatformError) as caught:
        address_of("http://user:secret@10.0.0.1/a", Rules(("https", "http", "ext")))

    assert caught.value.code == "repository.transport_refused"


def test_address__path__below_the_allowed_folders_and_where_its_links_lead(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open/out").symlink_to(tmp_path)
    rules = Rules(("file",), (str(tmp_path / "open"),))

    def code(path: str) -> str:
        try:
            return address_of(path, rules).url
        except PlatformError as error:
            return error.code

    assert code(f"{tmp_path}/open/a") == f"file://{tmp_path}/open/a"
    assert code(f"file://{tmp_path}/open/a") == f"file://{tmp_path}/open/a"
    assert code(f"{tmp_path}/open/../secret") == "repository.path_refused"
    assert code(f"{tmp_path}/open/out/secret") == "repository.path_refused"
    assert code(f"{tmp_path}/opened") == "repository.path_refused"
    assert code(f"file://{tmp_path}/open/%2e%2e/secret") == "repository.bad_url"


@pytest.mark.parametrize("name", ["", "main", "release/2.0", "feature_x-1", "größe"])
def test_branch__as_git_allows__taken(name: str) -> None:
    assert check_branch(name) == name


@pytest.mark.parametrize(
    "name",
    ["-x", "--upload-pack=x", "a..b", "a b", "a~1", "a^", "a:b", "a*", "a@{1}", "/a", "a/", "a.lock", "a//b", ".a", "@", "a\n"],
)
def test_branch__what_git_could_misread__refused(name: str) -> None:
    with pytest.raises(PlatformError) as caught:
        check_branch(name)
    assert caught.value.code == "repository.bad_branch"


@pytest.mark.parametrize("path", ["jsonschema", "schemas/events/", "."])
def test_folder__within_the_repository__taken(path: str) -> None:
    assert check_folder(path) == path.rstrip("/")


@pytest.mark.parametrize("path", ["", "/etc", "../x", "a/../b", ".git", "a/.git", "-x", "a//b", "a:b", "a\nb", "a*"])
def test_folder__anything_else__refused(path: str) -> None:
    with pytest.raises(PlatformError) as caught:
        check_folder(path)
    assert caught.value.code == "repository.bad_folder"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # nothing is bound to it
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_host__of_an_inner_network__refused_even_among_public_ones(address: str) -> None:
    with pytest.raises(PlatformError) as caught:
        public_addresses(HOST, PRODUCTION, lambda _host, _port: ["93.184.215.14", address])

    assert caught.value.code == "repository.private_host"


def test_host__public_or_allowed__its_addresses_are_pinned() -> None:
    allowed = Rules(private_hosts=("GIT.example.org",))

    assert public_addresses(HOST, PRODUCTION, lambda _host, _port: ["93.184.215.14"] * 2) == ("93.184.215.14",)
    assert public_addresses(HOST, allowed, lambda _host, _port: ["10.0.0.1"]) == ()


def test_host__unknown__is_tried_again_later() -> None:
    def fail(_host: str, _port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(PlatformError) as caught:
        public_addresses(HOST, PRODUCTION, fail)

    assert caught.value.code == "repository.unreachable"
