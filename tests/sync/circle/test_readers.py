"""Who reads which record, after any schedule: writers that have not heard of the newest entries,
readers that are gone and hold all that the server has.

Real keys, wraps, links and documents. Whether a record opens is asked of the keys alone, so nobody
is helped by good manners: who is gone opens it when it can, whatever the log says of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from rejoint_sync.circle.document import Sealed, seal, verify
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.envelope import aes_gcm_open
from rejoint_sync.circle.epochs import document_key
from rejoint_sync.circle.log import Membership
from sync.circle.schedules import play
from sync.circle.story import code_of, fixed
from sync.circle.test_changes import keys_of
from sync.circle.test_key_access import Access, secret_of

LAG_MAX = 4
SEEN = 12
"""So many of the newest records are tried by everybody after each step."""


@dataclass(frozen=True)
class Written:
    """A record, by whom, and the log as its writer had it."""

    document: dict[str, Any]
    by: str
    stream: str
    n: int
    log: Membership


class Records(Access):
    """Writes records now and then, under older logs too, and tries to open them as everybody."""

    def begin(self, purpose: str, adds: str, role: str) -> None:
        super().begin(purpose, adds, role)
        self.dice = Random(f"{purpose} {adds} {role}")
        self.logs = [self.membership]
        self.written: list[Written] = []
        self.late_reads = self.refused = self.tried = 0

    def step(self) -> None:
        if self.logs[-1] is not self.membership:
            self.logs.append(self.membership)
        self.write()
        for one in self.written[-SEEN:]:
            self.who_opens_it(one)
            self.whether_it_counts(one)

    def write(self) -> None:
        """A device that was there writes, under the newest log or one of the last few."""
        log = self.logs[-1 - min(self.dice.randrange(LAG_MAX), len(self.logs) - 1)]
        for name in self.circle.devices:
            known = log.devices.get(keys_of(name).id)
            if known is None or not known.live or self.dice.random() > 0.3:
                continue
            stream = self.dice.choice(known.streams)
            if log.is_stale(stream) or known.role not in log.rules.kinds["ev"]:
                continue  # who has heard that a key is stale does not write under it
            self.written.append(self.sealed(name, stream, log))

    def sealed(self, name: str, stream: str, log: Membership) -> Written:
        n = 1 + sum(1 for one in self.written if (one.by, one.stream) == (name, stream))
        document = seal(
            log,
            keys_of(name),
            es=secret_of(stream, log.current_epoch(stream).e),
            kind="ev",
            month="2611",
            stream=stream,
            n=n,
            obj={"type": "pain"},
            nonce=fixed(f"{name} {stream} {n} {log.head}", 12),
        )
        return Written(document, name, stream, n, log)

    def opens(self, name: str, one: Written) -> bool:
        """Whether a device, with every wrap and link that the server has, gets at the content."""
        sealed = Sealed.parse(one.log.circle, one.document)
        for es in self.held(name)[one.stream].values():
            key = document_key(es, one.log.circle, one.stream, keys_of(one.by).id)
            aad = sealed.header.encode()
            if code_of(aes_gcm_open, key, b64u_decode(sealed.c), aad=aad) is None:
                return True
        return False

    def who_opens_it(self, one: Written) -> None:
        epoch = one.log.current_epoch(one.stream).e
        for name, device in self.circle.devices.items():
            opened = self.opens(name, one)
            assert opened == ((one.stream, epoch) in self.reach(name))
            self.tried += 1
            if device.until is not None and opened:
                # Only what was written by who had not heard that it is gone.
                assert one.log.seq < device.until
                self.late_reads += one.log is not self.logs[0]

    def whether_it_counts(self, one: Written) -> None:
        """A record of who is gone counts up to its end and its fence, for everyone the same."""
        author = self.circle.devices[one.by]
        fence = author.marks.get(one.stream)
        over = author.until is not None and (
            one.log.seq >= author.until or (fence is not None and one.n > fence)
        )
        assert code_of(verify, self.membership, one.document) == ("removed" if over else None)
        self.refused += over


def run(seed: int, steps: int) -> Records:
    machine = Records()
    play(machine, seed, steps, machine.step)
    return machine


def played() -> Iterator[Records]:
    for seed in range(300, 308):
        yield run(seed, 30)


def test_gone_devices_and_the_server_together_read_only_what_the_unknowing_write() -> None:
    machines = list(played())
    # Else the schedules would say nothing.
    assert sum(machine.tried for machine in machines) > 1000
    assert sum(machine.late_reads for machine in machines) > 20
    assert sum(machine.refused for machine in machines) > 20


@pytest.mark.long
@pytest.mark.parametrize("seed", range(400, 500))
def test_the_same_for_ten_thousand_steps(seed: int) -> None:
    run(seed, 100)
