"""A connection goes to a public address or is not made."""

import ipaddress
import socket

import pytest

from rejoint_server.push.push_addresses import AddressRefused, gate, is_public

PUBLIC = ["8.8.8.8", "142.250.1.1", "2607:f8b0:4004:c07::8a", "64:ff9b::8.8.8.8"]
REFUSED = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.9.9.9",
    "this host": "0.0.0.0",
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "shared by carriers": "100.64.0.1",
    "link-local, where clouds keep secrets": "169.254.169.254",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "multicast that counts as global": "239.255.255.250",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 unique local": "fd00::1",
    "IPv6 site-local": "fec0::1",
    "IPv6 multicast": "ff0e::1",
    "IPv6 documentation": "2001:db8::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped public": "::ffff:8.8.8.8",
    "compatible loopback": "::127.0.0.1",
    "6to4 of loopback": "2002:7f00:1::",
    "6to4 of a public one": "2002:808:808::",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of a private one": "64:ff9b::10.0.0.1",
    "NAT64 for a network's own use": "64:ff9b:1::8.8.8.8",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED.keys())
def test_an_address_of_a_network_behind_the_server_is_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def info(address: str) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, 0, "", (address, 443)


@pytest.mark.parametrize("address", ["127.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.1"])
def test_no_socket_is_made_for_an_address_that_is_not_public(address: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        gate(loopback=False)(info(address))
    assert address.partition("%")[0] not in str(refused.value)


def test_the_gate_for_tests_opens_loopback_and_nothing_else() -> None:
    opened = gate(loopback=True)
    opened(info("127.0.0.1")).close()
    with pytest.raises(AddressRefused):
        opened(info("10.0.0.1"))


def test_a_socket_is_made_for_a_public_address() -> None:
    with gate(loopback=False)(info("8.8.8.8")) as made:
        assert made.family == socket.AF_INET
