"""Which tests share a worker: browser tests one platform, tests of a module whose fixture is costly that fixture."""

from __future__ import annotations

from functools import cache

from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist brings no types

from eventplatform import env

_E2E = "tests/e2e/"


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # likewise
    """Single tests go to whoever is idle; those that share something costly stay together, the largest group first."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith(_E2E):
            return _E2E
        return path if _has_module_fixture(path) else nodeid


@cache
def _has_module_fixture(path: str) -> bool:
    return 'scope="module"' in (env.ROOT / path).read_text()
