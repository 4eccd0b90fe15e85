"""`rejoint`: the command line. Each command is a module that is imported only when it is asked for.

A command's module has `add_parser(commands)`, which registers its arguments and sets `run`, a
function from the parsed arguments to an exit status.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "serve": ("rejoint_server.commands.serve", "run the server"),
    "device": ("rejoint_server.commands.device", "a headless device: keys, circles, sync"),
    "recovery-key": ("rejoint_server.commands.device_keeping", "a clinic's recovery key"),
    "demo": ("rejoint_server.commands.demo", "a server with a demo clinic"),
    "backup": ("rejoint_server.commands.backup", "copy the store while the server runs"),
    "restore": ("rejoint_server.commands.restore", "put a backup in the place of the store"),
    "load": ("rejoint_server.commands.load", "real devices that sync as fast as they can"),
    "push": ("rejoint_server.commands.push", "pings through push services"),
    "vapid": ("rejoint_server.commands.vapid", "the keys that push services know the server by"),
    "verify": ("rejoint_server.commands.verify", "check everything a store holds"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="rejoint", description="Physiotherapy at home where the network comes and goes."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    asked = given[0] if given and given[0] in COMMANDS else None
    for name, (module, words) in COMMANDS.items():
        if name == asked:
            import_module(module).add_parser(commands)
        elif asked is None:
            commands.add_parser(name, help=words, add_help=False)
    parsed = parser.parse_args(given)
    status: int = parsed.run(parsed)
    return status


if __name__ == "__main__":
    sys.exit(main())
