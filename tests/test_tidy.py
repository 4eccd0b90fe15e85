"""The house rules that a machine can check."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500
# The brackets keep these patterns from finding themselves.
HOSTS = re.compile(r"p[y]pi\.org|python[h]osted|registry\.n[p]m|np[m]js\.com|deb\.d[e]bian")
MACHINE_PATHS = re.compile(r"/(work|home/[a-z]+|root|Users)/\w")
# These modules hold no decision of their own; what they do is tested through the ones named.
TWIN_ELSEWHERE = {
    "sync/rejoint_sync/errors.py": "tests/test_docs.py",
    "server/rejoint_server/__main__.py": "tests/server",
    **dict.fromkeys(
        (
            "server/rejoint_server/reminders/rows_couch.py",
            "server/rejoint_server/reminders/rows_memory.py",
            "server/rejoint_server/reminders/rows_sqlite.py",
        ),
        "tests/server/reminders/test_rows.py",
    ),
    **dict.fromkeys(
        (
            f"sync/rejoint_sync/records/{module}.py"
            for module in (
                *("choosing", "correcting", "exercising", "fields", "improving", "safety"),
                "talking",
            )
        ),
        "tests/sync/test_records.py",
    ),
}


def tracked(*patterns: str) -> list[Path]:
    run = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in run.stdout.splitlines() if (ROOT / line).is_file()]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def python_modules() -> list[Path]:
    return [path for path in tracked("sync/*.py", "server/*.py") if path.stat().st_size]


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in tracked("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_no_source_file_is_longer_than_its_concept() -> None:
    sources = tracked("*.py", "pwa/src/*.ts", "pwa/src/*.tsx")
    long = [
        f"{name(path)}: {count} lines"
        for path in sources
        if not path.name.endswith(".gen.ts")
        and (count := path.read_text().count("\n")) > FILE_LINES_MAX
    ]
    assert long == []


def test_every_module_has_a_twin_test() -> None:
    tests = {path.name for path in tracked("tests/*.py")}
    orphans = [
        name(path)
        for path in python_modules()
        if path.name != "__init__.py"
        and name(path) not in TWIN_ELSEWHERE
        and not any(twin.startswith(f"test_{path.stem}") for twin in tests)
    ]
    assert orphans == []


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "misc"])
def test_no_file_is_named_by_nothing(word: str) -> None:
    assert [name(path) for path in tracked() if word in path.stem.lower().split("_")] == []


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        try:
            found.append((name(path), path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_names_a_registry_host() -> None:
    assert [file for file, text in texts() if HOSTS.search(text)] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        (file, match.group()) for file, text in texts() if (match := MACHINE_PATHS.search(text))
    ]
    assert found == []


def test_python_lock_pins_every_package_with_hashes() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [index for index, line in enumerate(lines) if line and line[0] not in "# "]
    assert pins
    assert [lines[i] for i in pins if "==" not in lines[i]] == []
    assert [lines[i] for i in pins if "--hash=sha256:" not in lines[i + 1]] == []


@pytest.mark.parametrize("folder", ["pwa", "tests/conformance"])
def test_node_lock_pins_every_package_with_a_hash(folder: str) -> None:
    packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    installed = {key: value for key, value in packages.items() if key}
    assert installed
    assert [key for key, value in installed.items() if "integrity" not in value] == []
    assert [key for key, value in installed.items() if "resolved" in value] == []
