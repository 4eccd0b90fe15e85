"""What the pages say is what is there."""

import hashlib
import re
from pathlib import Path

import pytest

from rejoint_server.__main__ import COMMANDS
from rejoint_sync.errors import CODES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_index_and_every_row_is_a_decision() -> None:
    files = {path.name for path in (DOCS / "adr").glob("[0-9]*.md")}
    rows = set(LINK.findall((DOCS / "adr" / "README.md").read_text()))
    assert rows == files


def test_decisions_are_numbered_without_repeats() -> None:
    numbers = sorted(path.name[:4] for path in (DOCS / "adr").glob("[0-9]*.md"))
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("page", ["acceptance.md", "bad-days.md"])
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    text = (DOCS / page).read_text()
    named = re.findall(r'`([\w/.-]+)` "([^"]+)"', text)
    assert len(named) > 10  # so that a changed notation is noticed
    assert [(file, words) for file, words in named if words not in (ROOT / file).read_text()] == []
    files = re.findall(r"`((?:tests|pwa/test)/[\w/.-]+)`", text)
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_every_code_of_a_circle_is_explained() -> None:
    page = (DOCS / "errors.md").read_text()
    assert [code for code in sorted(CODES) if f"`{code}`" not in page] == []


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_target_that_a_page_names_exists() -> None:
    named = {
        target for page in PAGES for target in re.findall(r"`?\bmake ([a-z-]+)`", page.read_text())
    }
    assert named
    assert named - make_targets() == set()


def test_readme_opens_with_a_picture_and_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.startswith("# Rejoint\n")
    assert readme.index("](docs/screens/") < readme.index("make demo") < readme.index("make test")


def test_every_command_of_rejoint_is_on_a_page() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert COMMANDS
    assert [name for name in COMMANDS if f"rejoint {name}" not in text] == []


def test_every_folder_of_the_top_is_in_the_readme() -> None:
    folders = {"sync", "server", "pwa", "infra", "tests", "docs"}
    readme = (ROOT / "README.md").read_text()
    assert [folder for folder in sorted(folders) if f"| `{folder}/` |" not in readme] == []


CLAIM = re.compile(r"^- (.*?)(?=^- |^$|\Z)", re.MULTILINE | re.DOTALL)
PROOF = re.compile(r"`((?:tests|pwa)/[^`:]+)(?:::([^`]+))?`")
NOT_YET = " — not proven yet: "


def claims() -> list[str]:
    text = (DOCS / "threat-model.md").read_text()
    return [" ".join(claim.split()) for claim in CLAIM.findall(text)]


def test_every_claim_about_threats_has_a_proof_or_says_that_it_has_none() -> None:
    assert len(claims()) > 50
    bare = [claim for claim in claims() if " — " not in claim]
    assert bare == []
    assert [c for c in claims() if (NOT_YET in c) == bool(PROOF.search(c))] == []


@pytest.mark.parametrize(
    ("file", "name"), sorted({proof for claim in claims() for proof in PROOF.findall(claim)})
)
def test_every_proof_of_a_claim_is_there(file: str, name: str) -> None:
    path = ROOT / file
    assert path.is_file()
    if path.suffix == ".json":
        assert name == ""
    elif path.suffix == ".py":
        assert re.search(rf"^(async )?def {name}\(", path.read_text(), re.MULTILINE)
    else:
        assert f'"{name}"' in path.read_text()


def test_the_code_table_of_circles_is_that_of_both_languages() -> None:
    page = (DOCS / "circle.md").read_text()
    table = page[page.index("\n## Codes\n") :].split("\n## ")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = [code for row in rows for code in re.findall(r"`([a-z0-9-]+)`", row)]
    assert sorted(told) == sorted(CODES)
    source = (ROOT / "pwa" / "src" / "circle" / "errors.ts").read_text()
    union = source[source.index("export type Code") :].split(";")[0]
    assert sorted(re.findall(r'"([a-z0-9-]+)"', union)) == sorted(CODES)


def test_the_dictionary_of_circles_is_the_one_that_its_page_names() -> None:
    packed = (ROOT / "sync" / "rejoint_sync" / "circle" / "dictionary1.bin").read_bytes()
    assert f"`{hashlib.sha256(packed).hexdigest()}`" in (DOCS / "circle.md").read_text()
