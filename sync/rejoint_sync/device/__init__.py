"""A headless device: keys, circles, outbox and sync in one directory; `device.py` is the whole."""
