import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.circle.encoding import b64u_encode, jcs
from rejoint_sync.circle.envelope import NONCE_BYTES, sha256
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import KDF_MEMORY_KIB_MIN, KDF_PASSES_MIN
from rejoint_sync.circle.recovery import (
    ALPHABET,
    CODE_RANDOM_BYTES,
    SALT_BYTES,
    Paper,
    draw_code,
    print_code,
    read_clinic_key,
    read_clinic_pub,
    read_code,
    recovery_id,
    write_clinic_key,
    write_clinic_pub,
)
from sync.circle.story import PATIENT, code_of, fixed, keys_of, whole

CIRCLE = whole()
PAPER = Paper(keys_of("paper"), CIRCLE.circle, CIRCLE.seq, CIRCLE.head)
CODE = draw_code(fixed("code", CODE_RANDOM_BYTES))
DOCUMENT = PAPER.seal(
    CODE,
    salt=fixed("salt", SALT_BYTES),
    nonce=fixed("nonce", NONCE_BYTES),
    memory_kib=KDF_MEMORY_KIB_MIN,
    passes=KDF_PASSES_MIN,
)

codes = st.text(ALPHABET, min_size=20, max_size=20)


@given(st.binary(min_size=CODE_RANDOM_BYTES, max_size=CODE_RANDOM_BYTES))
def test_a_printed_code_is_read(random: bytes) -> None:
    code = draw_code(random)
    assert read_code(print_code(code)) == code
    assert read_code(print_code(code).lower()) == code


def test_every_random_bit_makes_another_code() -> None:
    bits = [1 << place for place in range(4, 8 * CODE_RANDOM_BYTES)]
    drawn = {draw_code(bit.to_bytes(CODE_RANDOM_BYTES)) for bit in bits}
    assert len(drawn) == 100


@given(codes, st.data())
def test_letters_that_look_alike_are_one(code: str, data: st.DataObject) -> None:
    alike = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(data.draw(st.sampled_from(alike.get(letter, letter))) for letter in code)
    assert read_code(typed) == code


@given(st.text(max_size=25))
def test_no_other_text_is_a_code(text: str) -> None:
    code = code_of(read_code, text)
    assert code == "schema" or set(read_code(text)) <= set(ALPHABET)


def test_a_name_does_not_say_the_code() -> None:
    assert recovery_id(CODE) != recovery_id(CODE[:-1] + ("0" if CODE[-1] != "0" else "1"))
    assert len(recovery_id(CODE)) == 22


def test_a_card_opens() -> None:
    assert Paper.open(CODE, DOCUMENT) == PAPER


def test_another_code_finds_nothing_in_it() -> None:
    other = draw_code(fixed("other", CODE_RANDOM_BYTES))
    assert code_of(Paper.open, other, DOCUMENT) == "target"
    renamed = DOCUMENT | {"_id": f"rec:{recovery_id(other)}"}
    assert code_of(Paper.open, other, renamed) == "tag"


@pytest.mark.parametrize("place", range(0, 200, 20))
def test_a_changed_letter_is_damage(place: int) -> None:
    k = DOCUMENT["k"]
    changed = k[:place] + ("A" if k[place] != "A" else "B") + k[place + 1 :]
    assert code_of(Paper.open, CODE, DOCUMENT | {"k": changed}) == "tag"


def test_a_card_that_was_never_added_is_an_old_one() -> None:
    assert code_of(PAPER.require_live, CIRCLE) == "removed"
    own = Paper(PATIENT, CIRCLE.circle, CIRCLE.seq, CIRCLE.head)
    assert code_of(own.require_live, CIRCLE) is None


def test_a_clinics_key_is_read_as_it_was_written() -> None:
    keys = keys_of("clinic")
    assert read_clinic_key(write_clinic_key(keys) + "\n") == keys
    assert read_clinic_pub(write_clinic_pub(keys.pub)) == keys.pub


@pytest.mark.parametrize("half", ["key", "pub"])
def test_a_line_that_was_cut_or_mixed_up_is_refused(half: str) -> None:
    keys = DeviceKeys.generate()
    secret, public = write_clinic_key(keys), write_clinic_pub(keys.pub)
    line, read = (secret, read_clinic_key) if half == "key" else (public, read_clinic_pub)
    other = public if half == "key" else secret
    for wrong in ("", line[:-1], line[1:], other, line[:30] + line[31:], line.replace(".", "")):
        assert code_of(read, wrong) == "schema"


def line(half: str, members: object) -> str:
    """A line whose check is right, whatever it holds."""
    body = b64u_encode(jcs(members))
    return f"rj1-recovery-{half}.{body}.{b64u_encode(sha256(f'{half}.{body}'.encode()))[:8]}"


def test_a_key_of_another_version_is_refused() -> None:
    secret = {"v": 1, **keys_of("clinic").to_secret()}
    assert read_clinic_key(line("key", secret)) == keys_of("clinic")
    for wrong in ([secret], secret | {"v": 2}, secret | {"x": 1}, {}):
        assert code_of(read_clinic_key, line("key", wrong)) == "schema"
        assert code_of(read_clinic_pub, line("pub", wrong)) == "schema"


def test_the_public_half_does_not_hold_the_private_one() -> None:
    keys = keys_of("clinic")
    assert keys.to_secret()["ssk"] not in write_clinic_pub(keys.pub)
