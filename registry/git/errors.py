"""What keeps a repository from being read, each with its remedy; no text here ever holds a secret."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError, RetriableError


class BadAddressError(RejectedError):
    """The URL or path can't be one of a repository."""

    code = "repository.bad_url"
    message = "{reason}"
    remedy = "Write https://host/path, ssh://user@host/path, user@host:path, or an absolute path on this machine."


class SecretInAddressError(BadAddressError):
    """A password or token stands in the URL, where everybody would read it."""

    code = "repository.secret_in_url"
    message = "The URL holds a user or password."
    remedy = "Leave it out of the URL and put it into the fields for credentials; they are kept encrypted."


class TransportRefusedError(BadAddressError):
    """The platform doesn't speak this protocol with repositories."""

    code = "repository.transport_refused"
    message = "The transport {transport} is not allowed here."
    remedy = "Use one of {allowed}, or let an operator add it to SCHEMA_TRANSPORTS."


class PathRefusedError(BadAddressError):
    """A path on this machine that is none of those opened to repositories."""

    code = "repository.path_refused"
    message = "The path is below none of the folders that may hold repositories."
    remedy = "Move the repository, or let an operator add its folder to SCHEMA_FILE_ROOTS."


class PrivateHostError(RejectedError):
    """The host's address belongs to an inner network."""

    code = "repository.private_host"
    message = "{host} leads to {address}, an address of an inner network."
    remedy = "If the repository really is there, let an operator add the host to SCHEMA_PRIVATE_HOSTS."


class BadBranchError(RejectedError):
    """No branch of git's can have this name."""

    code = "repository.bad_branch"
    message = "A branch can't be called so."
    remedy = "Write the branch's short name, such as main or release/2; leave it empty for the repository's default."


class BadFolderError(RejectedError):
    """No folder within a repository."""

    code = "repository.bad_folder"
    message = "That is no folder within a repository."
    remedy = "Write a path such as jsonschema, without .. and dot-folders; a single . is the whole repository."


class BadCredentialsError(RejectedError):
    """Credentials that can't work with this transport."""

    code = "repository.bad_credentials"
    message = "{reason}"
    remedy = "https takes a user and a password or token; ssh a private key without passphrase and known_hosts lines."


class HostKeyError(RejectedError):
    """The ssh host can't prove that it is the one that was meant."""

    code = "repository.host_key"
    message = "The ssh host's key is not among the known hosts of this repository."
    remedy = "Compare the output of ssh-keyscan with what the host publishes, and put it into the credentials."


class GitMissingError(RetriableError):
    """This machine has no git, or too old a one."""

    code = "repository.git_missing"
    message = "{reason}"
    remedy = "Install git 2.37 or newer where the workers run (apt-get install git); nothing else needs it."


class UnreachableError(RetriableError):
    """The remote didn't answer as a git server does."""

    code = "repository.unreachable"
    message = "The repository can't be reached: {reason}"
    remedy = "Check the URL and the network from the worker's machine; it is tried again by itself."


class MirrorBusyError(RetriableError):
    """Another process of this machine works on the same mirror."""

    code = "repository.busy"
    message = "The repository is being pulled already."
    remedy = "Wait until that pull has ended; it is tried again by itself."


class TooSlowError(RetriableError):
    """Git took longer than it may."""

    code = "repository.too_slow"
    message = "Git was stopped after {seconds} seconds."
    remedy = "Look why the server is slow; SCHEMA_PULL_SECONDS sets the limit. It is tried again by itself."


class AccessDeniedError(RetriableError):
    """The server wants other credentials."""

    code = "repository.access_denied"
    message = "The server refused access."
    remedy = "Enter credentials that may read the repository; an expired token must be entered anew."


class NotFoundError(RetriableError):
    """Nothing is there; servers also answer so to who may not know."""

    code = "repository.remote_absent"
    message = "There is no git repository at this address, or it is hidden from these credentials."
    remedy = "Check the URL; for a private repository enter credentials that may read it."


class BranchMissingError(RetriableError):
    """The repository has no such branch."""

    code = "repository.branch_missing"
    message = "The repository has no branch {branch}."
    remedy = "Choose one that exists, or leave the branch empty for the repository's default."


class RedirectedError(RetriableError):
    """The server sends on to another address, which nobody has checked."""

    code = "repository.redirected"
    message = "The server redirects to another address."
    remedy = "Enter the address that it redirects to (a browser shows it)."


class ForeignOwnerError(RetriableError):
    """Git refuses to read repositories that another user of the machine could have rigged."""

    code = "repository.foreign_owner"
    message = "The repository on this machine belongs to another user."
    remedy = "Give it to the user that the workers run as, or reach it over ssh or https."


class TooBigError(RejectedError):
    """More than the platform is willing to fetch or list."""

    code = "repository.too_big"
    message = "The branch's newest commit brings more than {limit}."
    remedy = "Keep schemas in a repository of their own; SCHEMA_PULL_MAX_MB sets the limit."


class BrokenObjectsError(RejectedError):
    """Git's own check found objects that none should make."""

    code = "repository.broken_objects"
    message = "Git refuses an object of the repository: {reason}"
    remedy = "Run git fsck --strict there and mend what it names."
