"""Put something of a world in the place of something of the product, for the life of a process."""


def stand_in(owner: object, name: str, value: object) -> None:
    """From now on `owner.name`, which is there, is `value`."""
    getattr(owner, name)
    setattr(owner, name, value)
