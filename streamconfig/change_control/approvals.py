"""What pages, the API and notifications ask about approvals: which are needed, which are given, and what a person may do."""

from __future__ import annotations

from streamconfig.change_control.judging import (
    authors,
    missing,
    require_approver,
    require_authorship,
    requirements,
)
from streamconfig.change_control.verbs import Verb, Verbs, may
from streamconfig.configuration.policies import Requirement

__all__ = [
    "Requirement",
    "Verb",
    "Verbs",
    "authors",
    "may",
    "missing",
    "require_approver",
    "require_authorship",
    "requirements",
]
