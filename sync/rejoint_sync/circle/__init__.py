"""Circles: the end-to-end encryption scheme "rj1" of docs/circle.md.

`encoding` (base64url, canonical JSON) and `envelope` (the only file that imports ciphers) lie at
the bottom; on them `grammar`, `jws`, `keys`, `frame`; on those `schema` and `roles`; then `log`,
the replay of a membership log; at the top `epochs`, `document`, `invitation`, `entries`, `fold`.
Nothing here reads a clock; dice are thrown only where a key or a wrap is made.
"""
