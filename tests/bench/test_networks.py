"""The networks of the benches do what their tables say."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bench.forwarder import Conditions, Connection, Forwarder, Records
from bench.link import CLIENT, SERVER, Flow, reset_packet, segment_of
from bench.networks import greetings_of

GREETING = bytes.fromhex("16030100040102030417030300020506")
ASKED = bytes.fromhex("1703030001") + b"x"


def echo(listener: socket.socket) -> None:
    def serve(one: socket.socket) -> None:
        with one, contextlib.suppress(ConnectionResetError):
            while data := one.recv(1 << 16):
                one.sendall(data)

    while True:
        try:
            one, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(one,), daemon=True).start()


@pytest.fixture
def forwarder() -> Iterator[Forwarder]:
    """In front of a server that says what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        with Forwarder(listener.getsockname(), keeps=True) as made:
            yield made
        listener.shutdown(socket.SHUT_RDWR)


def dialled(forwarder: Forwarder) -> socket.socket:
    return socket.create_connection(("127.0.0.1", forwarder.port), timeout=5)


def heard(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += client.recv(count)
    return data


def test_all_that_passes_is_counted_and_told_apart(forwarder: Forwarder) -> None:
    with dialled(forwarder) as client:
        client.sendall(GREETING + ASKED)
        assert heard(client, len(GREETING + ASKED)) == GREETING + ASKED
    [connection] = forwarder.connections
    assert (connection.up, connection.down) == (len(GREETING + ASKED),) * 2
    assert connection.greeting == len(GREETING)
    assert connection.spoke_s is not None
    assert bytes(connection.records_up.data) == GREETING + ASKED


def test_records_are_found_however_they_are_cut() -> None:
    for step in range(1, len(GREETING) + 1):
        records = Records(keeps=False)
        for at in range(0, len(GREETING), step):
            records.take(GREETING[at : at + step])
        assert records.seen == [(22, 9), (23, 7)]


def test_a_cut_resets(forwarder: Forwarder) -> None:
    with dialled(forwarder) as client:
        client.sendall(b"x")
        assert heard(client, 1) == b"x"
        forwarder.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_mute_server_greets_and_answers_nothing(forwarder: Forwarder) -> None:
    forwarder.conditions = Conditions(is_mute=True)
    with dialled(forwarder) as client, dialled(forwarder) as other:
        client.sendall(GREETING[:9])
        assert heard(client, 9) == GREETING[:9]
        client.sendall(ASKED)
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        forwarder.conditions = Conditions()
        with pytest.raises(TimeoutError):
            client.recv(1)
        other.sendall(ASKED)
        assert heard(other, len(ASKED)) == ASKED


def test_nothing_passes_in_the_dark(forwarder: Forwarder) -> None:
    forwarder.conditions = Conditions(is_dark=True)
    with dialled(forwarder) as client:
        client.sendall(b"x")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        forwarder.conditions = Conditions()
        client.settimeout(5)
        assert heard(client, 1) == b"x"


def test_a_slow_and_far_network_takes_its_time(forwarder: Forwarder) -> None:
    forwarder.conditions = Conditions(kbit_s=80, rtt_ms=100)
    begun_s = time.monotonic()
    with dialled(forwarder) as client:
        client.sendall(bytes(2000))
        heard(client, 2000)
    # A dial of 0.1 s, 0.2 s each way, 0.1 s there and back.
    assert time.monotonic() - begun_s >= 0.5


def packet(port: int, flags: int, sequence: int, acknowledged: int, payload: bytes = b"") -> bytes:
    """From the client; only what is looked at is right."""
    made = bytearray(reset_packet((CLIENT, port), (SERVER, 443), sequence, acknowledged))
    made[33] = flags
    made[2:4] = (len(made) + len(payload)).to_bytes(2, "big")
    return bytes(made) + payload


def test_bytes_of_a_flow_are_counted_once_and_beyond_the_end_of_the_numbers() -> None:
    flow, first = Flow(5_000, 443), 2**32 - 3
    sent = ((2, 0, b""), (16, 1, b"abcd"), (16, 1, b"abcd"), (16, 5, b"efg"), (17, 8, b""))
    for flags, offset, payload in sent:
        sequence = (first + offset) % 2**32
        segment = segment_of(packet(5000, flags, sequence, 77, payload), 0)
        assert segment is not None
        assert (segment.port, segment.payload) == (5000, len(payload))
        flow.note(segment, 0)
    assert flow.sent == [7, 0]
    assert flow.expected[1] == 77


def test_a_handshake_that_was_cut_is_all_greeting_and_no_question() -> None:
    spoke, cut, lost = (Flow(port, 443) for port in (1, 2, 3))
    spoke.sent[0], cut.sent[0], lost.sent[0] = 1_000, 600, 500
    greeting = Records(keeps=False)
    greeting.take(GREETING)
    dials = [Connection(greeting, Records(keeps=False), 0.0, port=1, spoke_s=1.0)]
    dials.append(Connection(Records(keeps=False), Records(keeps=False), 0.0, port=2))
    assert greetings_of([spoke, cut, lost], dials) == len(GREETING) + 600 + 500


def test_a_reset_is_a_packet_that_a_kernel_takes() -> None:
    made = reset_packet((SERVER, 443), (CLIENT, 5000), 2**32 - 1, 9)
    assert ones_complement(made[:20]) == 0xFFFF
    pseudo = made[12:20] + b"\0\x06" + len(made[20:]).to_bytes(2, "big")
    assert ones_complement(pseudo + made[20:]) == 0xFFFF
    assert made[33] == 4 | 16


def ones_complement(data: bytes) -> int:
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
