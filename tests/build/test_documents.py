"""What the documents name is there: files, folders, links."""

import os
import re
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(os.environ["PYTRACER_SOURCE"])
DOCUMENTS = [SOURCE / name for name in
             subprocess.run(["git", "ls-files", "*.md"], cwd=SOURCE, capture_output=True, text=True)
             .stdout.split()] or [p for p in SOURCE.rglob("*.md") if "build" not in p.parts]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(SOURCE)))
def test_links_lead_somewhere(document):
    for text, link in re.findall(r"\[([^\]]*)\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if "://" not in link:
            assert (document.parent / link).exists(), f"[{text}]({link})"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "jobs/EXPERIMENTS.md"])
def test_files_in_code_quotes_exist(name):
    rooms = {p.name for p in SOURCE.iterdir() if p.is_dir()}
    for path in re.findall(r"`([a-z]+/[\w./-]*)`", (SOURCE / name).read_text()):
        if path.split("/")[0] in rooms - {"build"}:
            assert (SOURCE / path).exists(), path
