"""A real https git server on this machine: git's own CGI behind a certificate made here, with a password."""

from __future__ import annotations

import base64
import ipaddress
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Trouble = Literal["", "cut", "slow", "error", "garbage"]
SLOW_SECONDS = 10.0
_STATUSES = {"error": 500, "garbage": 200}
USER, PASSWORD = "robot", "hunter2hunter2"


@dataclass
class HttpsOrigin:
    url: str
    certificate: Path
    redirect_to: str = ""
    trouble: Trouble = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # paths and what they were authorised by


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    return certificate, private


def _is_in_trouble(request: BaseHTTPRequestHandler, trouble: Trouble) -> bool:
    """True where the trouble is all that there is for an answer."""
    if trouble == "slow":
        time.sleep(SLOW_SECONDS)
    if trouble in _STATUSES:
        request.send_response(_STATUSES[trouble])
        request.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        request.end_headers()
        request.wfile.write(b'{"not": ["what git')
    return trouble not in {"", "slow"}


def _handler(root: Path, origin: HttpsOrigin) -> type[BaseHTTPRequestHandler]:
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            """Nothing on stderr."""

        def do_GET(self) -> None:
            said = self.headers.get("Authorization", "")
            origin.asked.append((self.path, said))
            if _is_in_trouble(self, origin.trouble):
                return
            if origin.redirect_to:
                self.send_response(301)
                self.send_header("Location", origin.redirect_to + self.path)
                self._end_with(b"")
            elif said != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self._end_with(b"")
            else:
                self._answer_by_git()

        do_POST = do_GET  # noqa: N815  # the name that http.server calls

        def _answer_by_git(self) -> None:
            path, _, query = self.path.partition("?")
            length = self.headers.get("Content-Length", "0")
            facts = {
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": length,
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "PATH": "/usr/local/bin:/usr/bin:/bin",
            }
            body = self.rfile.read(int(length))
            git = shutil.which("git") or ""
            done = subprocess.run([git, "http-backend"], env=facts, input=body, capture_output=True, check=True)
            head, _, answer = done.stdout.partition(b"\r\n\r\n")
            fields: dict[str, str] = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self._end_with(answer)

        def _end_with(self, answer: bytes) -> None:
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    return Handler


@contextmanager
def serving(root: Path, folder: Path) -> Iterator[HttpsOrigin]:
    """Serves the repositories below `root`; keys lie in `folder`."""
    certificate, private = _certificate(folder)
    origin = HttpsOrigin("", certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(root, origin))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    origin.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield origin
    server.shutdown()
    server.server_close()
    thread.join()
