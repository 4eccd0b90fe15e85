"""Write pwa/src/records.gen.ts from the pydantic models of rejoint_sync.records.

Run by `make types`; `make check` runs it with --check and fails when the file is not what the
models say.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from rejoint_sync import records

PWA = Path(__file__).parents[1]
TARGET = PWA / "src" / "records.gen.ts"
MODELS = (
    records.Session,
    records.Pain,
    records.Note,
    records.Plan,
    records.Profile,
    records.Amend,
    records.Void,
    records.Setting,
    records.Attachment,
)
ALIASES = """
/** 0 = "no pain", "not_said" = asked and skipped; an absent member = not asked. */
export type PainAnswer = number | "not_said";

export type AnyRecord =
  | Session
  | Pain
  | Note
  | Plan
  | Profile
  | Amend
  | Void
  | Setting
  | Attachment;
"""


class _Plain(GenerateJsonSchema):
    """Without a title per field, which would become a TypeScript alias each."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """No field has a title."""
        return False


def _drop_null(node: Any) -> Any:
    """Absent members are never null, and a list is a list: no tuple types for a least length."""
    if isinstance(node, list):
        return [_drop_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {
        key: _drop_null(value) for key, value in node.items() if key not in ("default", "minItems")
    }
    choices = [choice for choice in node.get("anyOf", []) if choice.get("type") != "null"]
    if choices and len(choices) == 1:
        return {**{key: value for key, value in node.items() if key != "anyOf"}, **choices[0]}
    return {**node, "anyOf": choices} if choices else node


def render() -> str:
    """The text of the file."""
    _, schema = models_json_schema(
        [(model, "validation") for model in MODELS], schema_generator=_Plain
    )
    root = {
        "title": "Records",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in MODELS],
        **_drop_null(schema),
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "schema.json"
        source.write_text(json.dumps(root))
        command = [
            str(Path(sys.executable).parent / "node"),
            str(PWA / "node_modules" / "json-schema-to-typescript" / "dist" / "src" / "cli.js"),
            "--maxItems=-1",
            "--bannerComment=// Generated from sync/rejoint_sync/records.py by `make types`.",
            f"--input={source}",
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    whole = re.compile(r"^export type Records = .*\n\n", re.MULTILINE)
    return whole.sub("", run.stdout) + ALIASES


def main() -> int:
    """Write the file, or with --check compare it; 1 when it differs."""
    text = render()
    if "--check" in sys.argv:
        same = TARGET.exists() and TARGET.read_text() == text
        if not same:
            sys.stderr.write("pwa/src/records.gen.ts is not what the models say: make types\n")
        return 0 if same else 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
