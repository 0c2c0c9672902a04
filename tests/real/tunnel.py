"""A forward proxy that opens TLS: whoever is asked for, one server of the tests answers."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAKE_CERTIFICATE = """
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, sys.argv[1])])
day = datetime.timedelta(days=1)
now = datetime.datetime.now(datetime.timezone.utc)
made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
made = made.serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(sys.argv[1])]), False)
made = made.add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode())
print(made.public_bytes(s.Encoding.PEM).decode())
"""


def certificate(path: Path, host: str, python: Path) -> None:
    """A key and the certificate of *host* that it signs, made by *python*, which has the cryptography package."""
    command = [python, "-c", MAKE_CERTIFICATE, host]
    path.write_text(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


@contextmanager
def tunnel(target: str, pem: Path) -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked to reach; all of that is led to *target*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    came: list[str] = []

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            came.append(head(self.request).split()[1])
            self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as inside,
                socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as beyond,
            ):
                back = threading.Thread(target=pump, args=(beyond, inside), daemon=True)
                back.start()
                pump(inside, beyond)
                back.join(10)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", came
        server.shutdown()


def head(connection: socket.socket) -> str:
    """The request for a tunnel."""
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(4096)):
        data += more
    return data.decode(errors="replace")


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes, until no more comes."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
