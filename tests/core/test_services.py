"""A stream's rules, completed by its service's."""

from __future__ import annotations

from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.services import Service, rules_of

SERVICE = Service(
    "browsers",
    origins=("https://a.org",),
    allows_anonymous=False,
    error_stream="browsers.error",
    privacy=PrivacyRules(ip="truncate", heeds_dnt=True),
)


def test_rules_of__stream_says_nothing__as_the_service() -> None:
    rules = rules_of(DoorRules(), SERVICE)

    assert (rules.origins, rules.allows_anonymous, rules.error_stream) == (("https://a.org",), False, "browsers.error")
    assert (rules.privacy.ip, rules.privacy.heeds_dnt, rules.privacy.user_agent) == ("truncate", True, None)


def test_rules_of__stream_says_otherwise__its_own_holds() -> None:
    own = DoorRules(
        origins=(), allows_anonymous=True, error_stream="own.error", privacy=PrivacyRules(ip="keep", heeds_dnt=False)
    )

    rules = rules_of(own, SERVICE)

    assert (rules.origins, rules.allows_anonymous, rules.error_stream) == ((), True, "own.error")
    assert (rules.privacy.ip, rules.privacy.heeds_dnt) == ("keep", False)
