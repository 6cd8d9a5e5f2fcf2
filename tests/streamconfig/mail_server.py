"""A small SMTP server of the standard library's sockets, for tests: it keeps what it is given, or refuses it."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message


@dataclass
class MailServer:
    port: int = 0
    refused: set[str] = field(default_factory=set)  # addresses that it does not know
    is_out_of_order: bool = False
    mails: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        state: MailServer = self.server.state  # type: ignore[attr-defined]  # set by `mail_server`
        self._say("220 ready")
        for line in iter(self.rfile.readline, b""):
            word = line.decode().strip()
            verb = word[:4].upper()
            if verb == "QUIT":
                return self._say("221 bye")
            if verb == "DATA":
                self._take(state)
            elif state.is_out_of_order and verb == "MAIL":
                self._say("421 out of order")
            elif verb == "RCPT" and word.partition("<")[2].partition(">")[0] in state.refused:
                self._say("550 nobody of that name")
            else:
                if verb == "RCPT":
                    state.recipients.append(word.partition("<")[2].partition(">")[0])
                self._say("250 fine")
        return None

    def _take(self, state: MailServer) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        state.mails.append(email.message_from_bytes(b"".join(lines)))
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        state = MailServer(port=server.server_address[1])
        server.state = state  # type: ignore[attr-defined]  # the sessions' own
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join(5)
