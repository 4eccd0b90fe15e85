"""A network of names: who resolves what, where connections really go, and who is trusted."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "fcm.googleapis.com"


class Names(AbstractResolver):
    """Knows names from a list: each question takes its next answer, the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        assert family in (socket.AF_UNSPEC, socket.AF_INET)
        self.asked.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


def lead(monkeypatch: pytest.MonkeyPatch, address: str, origin: str) -> list[str]:
    """Let connections to one address end at a service on this machine.

    Returns:
        Every address that a connection was begun to, in order.
    """
    loop: Any = asyncio.get_running_loop()
    connect = loop.sock_connect
    port = int(origin.rpartition(":")[2])
    begun: list[str] = []

    async def sock_connect(made: socket.socket, where: tuple[Any, ...]) -> None:
        begun.append(where[0])
        await connect(made, ("127.0.0.1", port) if where[0] == address else where)

    monkeypatch.setattr(loop, "sock_connect", sock_connect)
    return begun


def trusted(folder: Path, name: str = HOST) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of that name shows, and a client that trusts it and nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())
