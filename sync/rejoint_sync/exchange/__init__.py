"""`POST /sync`: all circles of a device in one request, decided without input or output.

A request is a sequence of CBOR items, so is its answer; each item can be used on its own, so that
what arrived before a cut is kept. `frames` reads and writes items, `packing` makes documents small,
`messages` are the items themselves, `cursor` says how far a device was informed, `digest` whether
both sides hold the same; `pace` how much is sent at once, what first, and how long to wait.

Source: docs/protocol.md, "One-request sync".
"""
