"""To which addresses a ping may be sent.

An endpoint is what a device says it is, so the server would connect to wherever a device tells it.
The rule is asked when a connection is made, with the very address that is connected to: whatever a
name stood for a moment ago, and however an address was written, does not matter.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it: family, type, protocol, name, address."""

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network that has only IPv6 shows them (RFC 6052)."""


class AddressRefused(OSError):
    """The address is none of the public Internet; its text says nothing more."""

    def __init__(self) -> None:
        super().__init__("not an address of the public Internet")


def is_public(address: Ip) -> bool:
    """Whether this is one machine of the public Internet.

    Private, loopback, link-local, unique local, shared (CGNAT), multicast, reserved and
    documentation addresses are not, nor is an IPv6 address that carries such an IPv4 one.

    >>> is_public(ipaddress.ip_address("8.8.8.8"))
    True
    >>> is_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    False
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(address.packed[-4:]))
    # Mapped, compatible, site-local and multicast ones all lie outside 2000::/3.
    if address not in _GLOBAL_UNICAST or address.sixtofour or address.teredo:
        return False
    return address.is_global


def gate(*, loopback: bool) -> Callable[[AddressInfo], socket.socket]:
    """A maker of sockets that makes none for an address that is not public.

    Args:
        loopback: Let this machine's own addresses in too; for tests.
    """

    def open_socket(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, where = info
        # A link-local IPv6 address may name its interface behind "%".
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        if not is_public(address) and not (loopback and address.is_loopback):
            raise AddressRefused
        return socket.socket(family, kind, protocol)

    return open_socket
