"""What an operator decides, checked once when the server starts. Documented in docs/settings.md."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from rejoint_sync.limits import REQUEST_BYTES_MAX
from rejoint_sync.stores.couch_address import CouchAddress

KIB = 1024
PUSH_KEYS_FILE = "push-keys.json"
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "web.push.apple.com",
)
"""The push services of the browsers that people have."""

PUSH_HOST = r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
"""A name with a dot in it; `*.` before it means every name that ends so."""

PUSH_CONTACT = (
    r"^(mailto:[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$"
)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


class Admin(BaseModel):
    """Name and password of the one account that `--policy open` knows."""

    model_config = ConfigDict(frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, pattern=r"^[^:]+$")]
    password: Annotated[SecretStr, Field(min_length=1)]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME:PASSWORD`. Raises `ValueError` without naming what it was given."""
        name, colon, password = text.partition(":")
        if not (name and colon and password):
            raise ValueError("--admin must be NAME:PASSWORD.")
        return cls(name=name, password=SecretStr(password))


class Settings(BaseModel):
    """All settings of one server.

    Attributes:
        data: Directory of everything the server keeps; made when it is not there.
        journal: Where changes of membership are noted before they are stored; None for the
            directory beside `data` that has its name and `-journal`.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        store: Which store holds the data: the file in `data`, or a CouchDB.
        policy: `circles` (the signed log of each circle decides) or `open` (no access rules).
        admin: With `open`: who must log in by HTTP Basic; None lets everyone on this machine in.
        public_url: Origin under which clients reach the server, when a proxy stands before it.
        web: Directory of the built web app.
        request_bytes_max: Longest body of one request, after decompression.
        longpoll_s_max: A feed ends after this time without news, with or without heartbeat.
        stop_s_max: How long a stopping server waits for requests under way.
        metrics_token: Who shows it may read `/metrics`; None for this machine only.
        push_hosts: Push services that pings are sent to; names, or `*.` and the end of names.
        push_contact: Whom a push service may ask about this server, `mailto:…` or `https://…`;
            None for the public URL.
        push_keys: File of the keys by which push services know this server; None for the one in
            `data`.
        push_loopback: Pings may also go to a push service on this machine, by http; for tests.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    data: Path
    journal: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    store: Literal["sqlite"] | CouchAddress = "sqlite"
    policy: Literal["circles", "open"] = "circles"
    admin: Admin | None = None
    public_url: str | None = None
    web: Path = Path(__file__).parents[2] / "pwa" / "dist"
    request_bytes_max: Annotated[int, Field(ge=KIB, le=REQUEST_BYTES_MAX)] = REQUEST_BYTES_MAX
    longpoll_s_max: Annotated[float, Field(gt=0)] = 300.0
    stop_s_max: Annotated[float, Field(gt=0)] = 10.0
    metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = None
    push_hosts: tuple[Annotated[str, Field(max_length=253, pattern=PUSH_HOST)], ...] = PUSH_HOSTS
    push_contact: Annotated[str, Field(max_length=254, pattern=PUSH_CONTACT)] | None = None
    push_keys: Path | None = None
    push_loopback: bool = False

    @property
    def journal_directory(self) -> Path:
        """Where the journal is."""
        return self.journal or journal_beside(self.data)

    @property
    def push_keys_file(self) -> Path:
        """Where the keys for push services are."""
        return self.push_keys or self.data / PUSH_KEYS_FILE

    @property
    def contact(self) -> str:
        """Whom a push service may ask; some push services refuse who names nobody."""
        if self.push_contact is not None:
            return self.push_contact
        url = self.public_url or ""
        return url if re.match(PUSH_CONTACT, url) else "mailto:operator@localhost.localdomain"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return _is_loopback(self.host)

    @field_validator("store", mode="before")
    @classmethod
    def _only_known_stores(cls, value: object) -> object:
        if isinstance(value, str) and value != "sqlite":
            try:
                return CouchAddress.parse(value)
            except ValueError as error:
                raise ValueError(f"--store: sqlite, or {error}") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        origin = value.removesuffix("/").lower()
        if not _ORIGIN.fullmatch(origin):
            raise ValueError("--public-url must be like https://example.org, without a path.")
        return origin

    @model_validator(mode="after")
    def _tests_stay_on_this_machine(self) -> Self:
        if self.push_loopback and not self.on_loopback:
            raise ValueError("--push-loopback is for tests: --host must be a loopback address.")
        return self

    @model_validator(mode="after")
    def _open_stays_on_this_machine(self) -> Self:
        if self.policy == "open" and not self.on_loopback:
            raise ValueError(
                "--policy open has no access rules: --host must be a loopback address."
            )
        if self.policy != "open" and self.admin is not None:
            raise ValueError(
                "--admin belongs to --policy open; circles know devices, no passwords."
            )
        return self


def journal_beside(data: Path) -> Path:
    """Where the journal of a data directory is when nobody says otherwise."""
    absolute = data.absolute()
    return absolute.with_name(f"{absolute.name}-journal")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
