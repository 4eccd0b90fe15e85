"""`rejoint serve` behind TLS 1.3 and HTTP/2, with a certificate that it makes itself.

In production a proxy ends TLS; here the same HTTP server does it, so that bytes can be counted
below TLS without one. Arguments: the folder of the certificate, then those of `rejoint serve`.
"""

import argparse
import base64
import datetime as dt
import hashlib
import ipaddress
import socket
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from granian.constants import SSLProtocols

from rejoint_server.commands import serve
from rejoint_server.web import http_server
from rejoint_server.web.asgi import App

HOST = "rejoint.test"
ADDRESSES = ("127.0.0.1", "10.77.0.2")
CERTIFICATE, KEY = "certificate.pem", "key.pem"
DAYS = 30


def make_certificate(folder: Path) -> str:
    """Write a certificate and its key; the base64 SHA-256 of its public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = [
        x509.DNSName(HOST),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES),
    ]
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / KEY).write_bytes(secret)
    (folder / CERTIFICATE).write_bytes(made.public_bytes(pem))
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def main(folder: Path, arguments: list[str]) -> int:
    """Serve until a signal."""

    class TlsServer(http_server.HttpServer):
        def __init__(self, app: App, listener: socket.socket) -> None:
            super().__init__(app, listener)
            self.build_ssl_context(
                cert=folder / CERTIFICATE,
                key=folder / KEY,
                password=None,
                proto=SSLProtocols.tls13,
                ca=None,
                crl=[],
                client_verify=False,
            )

    async def answers(url: str) -> bool:
        return True

    http_server.HttpServer = TlsServer  # type: ignore[misc]
    http_server.answers = answers
    parser = argparse.ArgumentParser()
    serve.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["serve", *arguments])
    return serve.run(parsed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
