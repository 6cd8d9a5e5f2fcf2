"""Ports are asked for before anything is started."""

from __future__ import annotations

import os
import socket

import pytest

from eventplatform.run import ports
from eventplatform.run.errors import PortBusyError, PortUnusableError
from tests.free_ports import free_ports


def test_need_free__all_free__passes() -> None:
    ports.need_free(free_ports(3))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_need_free__one_in_use__names_port_owner_and_remedy(which: int) -> None:
    port = free_ports(3)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + which))
        other.listen()

        with pytest.raises(PortBusyError) as raised:
            ports.need_free(port)

    assert f"Port {port + which}, wanted for {('web', 'intake', 'stream')[which]}, is in use by process {os.getpid()}" in str(
        raised.value
    )
    assert "make run PORT=" in raised.value.hint


@pytest.mark.parametrize("port", [0, -1, 65535, 70000])
def test_need_free__no_such_ports__refused(port: int) -> None:
    with pytest.raises(PortUnusableError):
        ports.need_free(port)
