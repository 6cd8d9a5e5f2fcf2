"""A proxy before a server that holds back, delays or cuts what passes, one way or both: a network that fails on demand."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Literal

Way = Literal["requests", "answers"]
_CHUNK = 64 * 1024
_NO_LINGER = struct.pack("ii", 1, 0)  # closing sends a reset


class FaultProxy:
    """Listens on `port` and passes on to `target` on this host. What is held back is not lost: it passes once healed,
    as TCP would send it again. Every method may be called from any thread."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.delay_seconds = 0.0
        self._loop = asyncio.new_event_loop()
        self._open: dict[Way, asyncio.Event] = {}
        self._transports: set[asyncio.WriteTransport] = set()
        self._is_refusing = False

    @contextlib.contextmanager
    def running(self) -> Iterator[FaultProxy]:
        """Passes on while the block lasts."""
        started = threading.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(started)), name="proxy")
        thread.start()
        assert started.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._ended.set)
            thread.join()
            self._loop.close()

    def hold(self, *ways: Way) -> None:
        """Let nothing pass those ways, on old and new connections; without a name neither way."""
        for way in ways or tuple(self._open):
            self._loop.call_soon_threadsafe(self._open[way].clear)

    def reset(self) -> None:
        """Cut every connection with a reset, and each new one too."""
        self._is_refusing = True
        self._loop.call_soon_threadsafe(self._cut_all)

    def heal(self) -> None:
        """Pass everything on again, without delay."""
        self._is_refusing, self.delay_seconds = False, 0.0
        for gate in self._open.values():
            self._loop.call_soon_threadsafe(gate.set)

    async def _serve(self, started: threading.Event) -> None:
        self._ended = asyncio.Event()
        self._open = {"requests": asyncio.Event(), "answers": asyncio.Event()}
        for gate in self._open.values():
            gate.set()
        server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        started.set()
        await self._ended.wait()
        server.close()
        self._cut_all()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_refusing:
            _cut(writer.transport)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _cut(writer.transport)
            return
        ends = {writer.transport, far_writer.transport}
        self._transports |= ends
        try:
            await asyncio.gather(self._pump(reader, far_writer, "requests"), self._pump(far_reader, writer, "answers"))
        except asyncio.CancelledError:  # the proxy ends; asyncio's streams would report it
            return
        finally:
            self._transports -= ends
            for transport in ends:
                transport.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self._open[way].wait()
                writer.write(chunk)
                await writer.drain()
        writer.transport.close()

    def _cut_all(self) -> None:
        for transport in tuple(self._transports):
            _cut(transport)


def _cut(transport: asyncio.WriteTransport) -> None:
    end: socket.socket | None = transport.get_extra_info("socket")
    if end is not None and end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
