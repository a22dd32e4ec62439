"""A directory with the proof of a shot: written for somebody else, and read again.

For each entry ``entry-N.json`` holds the bytes that are hashed and ``entry-N.tlog-proof``
the proof. Where private texts are shown, ``entry-N.texts.json`` lists place and salt of
each, and ``entry-N.text-K`` holds the K-th text itself. README.txt says how to check all
of it without this software.

The directory gets its name last, so that one never exists in part. Only its owner may
read it, since it names a patient, if only by a random id; who hands it on decides.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from injector.report.proof_readme import readme
from injector.report.shot_proof import ShotProof, Shown

_NAME: Final = re.compile(
    r"entry-(?P<seq>0|[1-9][0-9]{0,15})\.(?P<rest>json|tlog-proof|texts\.json|text-[0-9]+)"
)
_MOST_BYTES: Final = 4_000_000
"""No file of such a directory comes near; more is not read."""


class FolderError(ValueError):
    """The directory cannot be written, or is none of ours."""


@dataclass(slots=True)
class EntryFiles:
    """What a directory holds of one entry; None for a file that is missing."""

    body: bytes | None = None
    proof: bytes | None = None
    texts: bytes | None = None
    text: dict[str, bytes] = field(default_factory=dict)
    """By the file's name."""


def write_folder(folder: Path, proof: ShotProof) -> tuple[str, ...]:
    """Write the proof into a new directory; return the names of its files.

    `FolderError` when ``folder`` is there and not empty; OSError when it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderError("is there already; a proof is written into a new directory")
    files = {"README.txt": readme(proof).encode()}
    for shown in proof.shown:
        files |= files_of(shown)
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".proof-", dir=folder.parent))
    try:
        for name, data in files.items():
            (making / name).write_bytes(data)
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return tuple(sorted(files))


def files_of(shown: Shown) -> Mapping[str, bytes]:
    """Return what is written of an entry, by the files' names."""
    stem = f"entry-{shown.entry.seq}"
    files = {f"{stem}.json": shown.body, f"{stem}.tlog-proof": shown.proof.text().encode()}
    if shown.texts:
        listed = [
            {"place": each.place, "salt": each.salt.hex(), "file": f"{stem}.text-{number}"}
            for number, each in enumerate(shown.texts)
        ]
        files[f"{stem}.texts.json"] = (json.dumps(listed, indent=1) + "\n").encode()
        for number, each in enumerate(shown.texts):
            files[f"{stem}.text-{number}"] = each.text.encode()
    return files


def read_folder(folder: Path) -> dict[int, EntryFiles]:
    """Return what the directory holds, by entry. Files of other names are passed over.

    `FolderError` when it is no directory, holds no entry, or a file of a size that no
    entry has; OSError when it cannot be read.
    """
    if not folder.is_dir():
        raise FolderError("there is no such directory")
    found: dict[int, EntryFiles] = {}
    for path in sorted(folder.iterdir()):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            raise FolderError(f"{path.name} is not a file of a proof")
        files = found.setdefault(int(name["seq"]), EntryFiles())
        data = path.read_bytes()
        match name["rest"]:
            case "json":
                files.body = data
            case "tlog-proof":
                files.proof = data
            case "texts.json":
                files.texts = data
            case _:
                files.text[path.name] = data
    if not found:
        raise FolderError("holds no entry: no file entry-N.json")
    return found


def default_folder(seq: int) -> Path:
    """Return where the proof of a shot goes when nobody says where."""
    return Path(os.curdir) / f"shot-{seq}-proof"
