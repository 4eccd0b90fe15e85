"""The clinic's key that only reads, and a directory that is somebody's already."""

import pytest

from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.recovery import write_clinic_key, write_clinic_pub
from rejoint_sync.errors import BadRequest, CircleError
from sync.device.clinic import ORIGIN, PAIN, Clinic


async def test_a_clinics_recovery_key_reads_and_writes_nothing(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN | {"score": 8})
    await clinic.do("patient", "sync")
    keys = DeviceKeys.generate()
    added = await clinic.do("therapist", "add_recovery_key", circle, write_clinic_pub(keys.pub))
    assert (added["role"], added["queued"]) == ("recovery", False)
    await clinic.do("vault", "use_recovery_key", write_clinic_key(keys), ORIGIN)
    assert (await clinic.do("vault", "sync"))["trouble"] == []
    assert await clinic.scores("vault", circle) == [8]
    with pytest.raises(CircleError) as caught:
        await clinic.put("vault", circle, PAIN)
    assert caught.value.code == "authz"
    with pytest.raises(CircleError) as caught:
        await clinic.do("patient", "add_recovery_key", circle, write_clinic_pub(keys.pub))
    assert caught.value.code in {"authz", "dup"}


async def test_a_directory_of_a_device_does_not_become_a_key(clinic: Clinic) -> None:
    await clinic.care()
    key = write_clinic_key(DeviceKeys.generate())
    with pytest.raises(BadRequest, match="another directory"):
        await clinic.do("patient", "use_recovery_key", key, ORIGIN)
