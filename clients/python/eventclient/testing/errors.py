"""What is wrong with the test's own set-up; an event's faults are answers, not exceptions."""

from __future__ import annotations


class DoorError(Exception):
    """Base: a sentence, and the remedy behind it."""

    remedy = ""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} {self.remedy}".strip())


class SchemaFolderError(DoorError):
    """The folder, or a file in it, can't be used."""

    remedy = "Name the folder that holds <title>/<version>.yaml, such as schemas/jsonschema."


class WaitedInVainError(DoorError, AssertionError):
    """What a test waits for didn't come. As an AssertionError it fails the test, and is no error of its set-up."""
