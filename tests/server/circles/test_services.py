"""Bodies of the routes beside a log are read strictly, whoever asks."""

import pytest

from server.ring import Ring
from server.scene import Scene


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("PUT", "recovery/AAAAAAAAAAAAAAAAAAAAAA"),
        ("POST", "wraps"),
        ("POST", "wraps/missing"),
        ("POST", "quarantine"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"{}", b'{"x":1}', b'{"rec":1}', b'{"wraps":[1]}', b'{"wrap":1}'),
        *(b'{"docs":{}}', b'{"docs":[1]}', b'{"docs":[],"x":1}'),
    ],
)
async def test_garbage_is_refused_in_couchdbs_shape(
    scene: Scene, method: str, place: str, body: bytes
) -> None:
    ring = await Ring.clinic(scene)
    for circle in (ring.circle, "c" + "0" * 40, "x"):
        path = f"/circles/{circle}/{place}"
        answer = await scene.ask(method, path, content=body, headers=ring.headers(ring.founder))
        assert 400 <= answer.status_code < 500
        assert {"error", "reason"} <= answer.json().keys() <= {"error", "reason", "code"}
