"""What docs/sources.md says is run."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from curator.acquire.speech_manifest import FIELDS
from curator.recipe import load_recipe
from curator.run import run_recipe
from tests.acquire.pdf_builder import pdf
from tests.acquire.reading import JAV, YUE
from tests.acquire.test_arxiv import PAPERS, archive
from tests.acquire.test_subtitles import SRT
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "sources.md").read_text("utf-8")
RECIPES = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def reader_of(recipe: str) -> str:
    match = re.search(r"\w+Reader", recipe)
    assert match
    return match[0]


FORUM = {
    "threads": [
        {"id": "t1", "board": "食", "posts": [{"words": YUE}, {"words": JAV}]},
        {"id": "t2", "board": "講", "posts": [{"wrods": "a mistake"}]},
    ]
}


def fill(folder: Path) -> None:
    """The files that the page's recipes read."""
    manifest = {"audio_filepath": "a.wav", "duration": 2.5, "text": YUE}
    files: dict[str, bytes | str] = {
        "pages/a.html": f"<html><body><article><h1>書</h1><p>{YUE * 9}</p></article></body></html>",
        "notes/a.md": f"---\ntitle: 書\n---\n# 書\n\n{YUE}\n",
        "books/a.pdf": pdf([YUE, "第二頁"]),
        "films/a.srt": SRT,
        "tables/a.csv": f'id,title,body\n1,書,{YUE}\n2,x,"{JAV}"\n',
        "speech/m.json": json.dumps(manifest),
        "arxiv/arXiv_src_2401_001.tar": archive(dict(PAPERS)),
        "web/week1.json": json.dumps(FORUM),
        "forum.py": next(code for code in CODE if "forum.py" in code),
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("recipe", RECIPES, ids=[reader_of(recipe) for recipe in RECIPES])
def test_recipes_of_the_page_run(
    tmp_path: Path, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "PdfReader" in recipe:
        pytest.importorskip("pypdfium2", reason="PdfReader needs the extra curator[pdf]")
    fill(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "forum", raising=False)
    recipe = recipe.replace("https://forum.example", f"file://{tmp_path}/web")
    Path("r.yaml").write_text(f"name: page\noutput: out/speech\n{recipe}", "utf-8")
    counts = run_recipe(load_recipe("r.yaml"))["counts"]
    assert counts["documents_in"] == counts["kept"] + counts["dropped"]
    assert counts["kept"] > 0
    if "SpeechManifest" in recipe:
        [example] = [code for code in CODE if "write_speech_manifest" in code]
        exec(compile(example, "docs/sources.md", "exec"), {})
        assert FIELDS not in Path("kept_manifest.json").read_text("utf-8")
        assert json.loads(Path("kept_manifest.json").read_text("utf-8"))["text"] == YUE
    if "CustomReader" in recipe:
        kept = json.loads(next(Path("out/speech/shards").iterdir()).read_bytes())
        assert (kept["id"], kept["board"], kept["posts"]) == ("t1", "食", 2)
        assert (counts["kept"], counts["dropped"]) == (1, 1)


def test_every_reason_of_a_reader_is_on_the_page() -> None:
    listed = set(re.findall(r"`([a-z0-9_]+)`", PAGE))
    folder = REPOSITORY / "curator" / "acquire"
    own = "documents html_files markdown pdf pdf_pages subtitles subtitle_formats tables table_form"
    own += " table_records speech_manifest custom archive arxiv"
    names = [*own.split(), *(f"latex/{name}" for name in ("stream", "macros", "text", "project"))]
    for name in names:
        source = (folder / f"{name}.py").read_text("utf-8")
        found = re.findall(r'(?:Flaw|NoPaper|Damaged|TexError)\(\s*"([a-z0-9_]+)"', source)
        found += re.findall(r'"reason": "([a-z0-9_]+)"', source)
        for reason in found:
            assert reason in listed, f"{name}.py: {reason} is not in docs/sources.md"
