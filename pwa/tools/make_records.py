"""Write pwa/src/records.gen.ts and shapes.gen.ts from the models of rejoint_sync.records.

The first holds the types, the second what the app checks when it has opened a record, in a short
notation (pwa/src/client/shapes.ts reads it).

Run by `make types`; `make check` runs it with --check and fails when the file is not what the
models say.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from rejoint_sync import records

PWA = Path(__file__).parents[1]
TARGET = PWA / "src" / "records.gen.ts"
SHAPES = PWA / "src" / "shapes.gen.ts"
BANNER = "// Generated from sync/rejoint_sync/records by `make types`."
MODELS = get_args(records.SomeRecord)
ALIASES = f"""
/** 0 = "no pain", "not_said" = asked and skipped; an absent member = not asked. */
export type PainAnswer = number | "not_said";

export type AnyRecord =
{chr(10).join(f"  | {model.__name__}" for model in MODELS)};
"""
COMMON = ("type", "lam", "at", "tz_min", "off_s")
LEAST, MOST = -(2**53) + 1, 2**53 - 1


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


def _schema() -> dict[str, Any]:
    _, schema = models_json_schema(
        [(model, "validation") for model in MODELS], schema_generator=_Plain
    )
    return _drop_null(schema)  # type: ignore[no-any-return]


def _form(node: dict[str, Any], models: dict[str, Any]) -> Any:
    """What a value has to be: see pwa/src/client/shapes.ts for the notation."""
    if "$ref" in node:
        return _members(models[node["$ref"].rsplit("/", 1)[1]], models, leave=())
    if "anyOf" in node:
        return "/".join(_form(choice, models) for choice in node["anyOf"])
    if "enum" in node or "const" in node:
        return "/".join(f"={value}" for value in node.get("enum", [node.get("const")]))
    if node.get("format") == "date":
        return "d"
    simple = {
        "integer": f"n{node.get('minimum', LEAST)},{node.get('maximum', MOST)}",
        "string": f"s{node.get('maxLength', 400)}",
        "boolean": "b",
        "object": "o",
    }
    if node["type"] == "array":
        return [_form(node["items"], models), node["maxItems"]]
    return simple[node["type"]]


def _members(model: dict[str, Any], models: dict[str, Any], leave: tuple[str, ...]) -> Any:
    required = model.get("required", [])
    return {
        name if name in required else f"{name}?": _form(member, models)
        for name, member in model["properties"].items()
        if name not in leave
    }


def render_shapes() -> str:
    """The text of shapes.gen.ts."""
    models = _schema()["$defs"]
    forms = {}
    for model in MODELS:
        schema = models[model.__name__]
        name = schema["properties"]["type"]["const"]
        forms[name] = [records.KIND_OF[name], _members(schema, models, COMMON)]
    return f"{BANNER}\n\nexport const FORMS = {json.dumps(forms, indent=2)} as const;\n"


def render() -> str:
    """The text of records.gen.ts."""
    root = {
        "title": "Records",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in MODELS],
        **_schema(),
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "schema.json"
        source.write_text(json.dumps(root))
        command = [
            str(Path(sys.executable).parent / "node"),
            str(PWA / "node_modules" / "json-schema-to-typescript" / "dist" / "src" / "cli.js"),
            "--maxItems=-1",
            f"--bannerComment={BANNER}",
            f"--input={source}",
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    whole = re.compile(r"^export type Records = .*\n\n", re.MULTILINE)
    return whole.sub("", run.stdout) + ALIASES


def main() -> int:
    """Write the files, or with --check compare them; 1 when one differs."""
    texts = {TARGET: render(), SHAPES: render_shapes()}
    if "--check" not in sys.argv:
        for target, text in texts.items():
            target.write_text(text)
        return 0
    stale = [
        target
        for target, text in texts.items()
        if not target.exists() or target.read_text() != text
    ]
    for target in stale:
        sys.stderr.write(f"pwa/src/{target.name} is not what the models say: make types\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
