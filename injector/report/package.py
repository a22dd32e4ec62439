"""An inspection package: everything about a session, or a whole log, for somebody else.

It is a directory, or a ZIP file of one:

- README.txt: what is in it, and how to check it with tools that are nobody's of ours
- MANIFEST.sha256: the digest of every other file, as ``sha256sum -c`` reads it
- checkpoint, verifier-key.txt, verification.json: the newest signed checkpoint, the key as
  the log itself names it, and what our own check found
- report.html of a session, or reports/ with one for each: for people to read
- csv/, jsonl/, parquet/, columns.csv, figures.sql: the tables, what each column means, and
  the questions that README.txt asks
- proofs/ of a session: each of its entries and what vouches for them, with a proof
- tiles/ of a whole log: every entry, and the tree over them (C2SP tlog-tiles)

Of one session nothing is in it that is another patient's: tiles would hold every entry, so
a session comes with proofs, whatever its length. Whoever knows the manifest's digest knows
every byte of the package, so that is what is told, printed or signed beside it.
"""

import csv
import hashlib
import heapq
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, TypeAlias

from injector.report.entry_lines import Words
from injector.report.exports import export
from injector.report.new_files import UNFINISHED, new_file, new_folder
from injector.report.package_readme import figures, readme
from injector.report.proof import RememberingTree, prove, read_checkpoint
from injector.report.proof_folder import files_of
from injector.report.shot_proof import Shown, keys_of_signers
from injector.report.source import Source
from injector.report.table import Table
from injector.report.table_files import Format, ParquetMissingError, dictionary
from injector.report.tiles import export_tiles
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.entries import Entry
from injector.shotlog.findings import Finding, Report
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import OperatorKey, Signed

MANIFEST: Final = "MANIFEST.sha256"
Readable: TypeAlias = Callable[[LogReader, str], str]
"""Makes the report of a session, a page of HTML."""
_OF_THE_LOG: Final = ("log_opened", "key_rotated")
_ZIP: Final = ".zip"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a ZIP: when it was packed is nothing of the log's."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A package that is there now."""

    path: Path
    manifest: str
    """SHA-256 of MANIFEST.sha256, in hex."""
    checkpoint: Checkpoint
    files: int
    """How many it holds, the manifest not counted."""
    parquet: bool
    """Whether the tables are in it as Parquet, too."""


def write_package(
    source: Source,
    target: Path,
    *,
    words: Words,
    readable: Readable,
    verification: Mapping[str, Any],
) -> Packed:
    """Write the package of ``source`` to ``target``, a new directory, or a file named .zip.

    ``readable`` makes the reports in it, ``verification`` is what `verify` found in the same
    copy of the log, as far as `told_of` lets it be told. Raises `ExistsError`,
    `LogDamaged` where the log does not prove what it holds, OSError.
    """
    package = _Package(source, words, readable, verification)
    if target.suffix.lower() != _ZIP:
        with new_folder(target) as folder:
            return package.fill(folder, target)
    # The directory stands beside the file while it is packed: there is room for both or none.
    with new_file(target) as file, TemporaryDirectory(prefix=UNFINISHED, dir=target.parent) as name:
        packed = package.fill(Path(name), target)
        _zip(Path(name), target.stem, file)
    return packed


def told_of(source: Source, report: Report) -> Report:
    """Return what `verify` found; of one session, without what an entry of another one says.

    A remark is about the whole log, so of one session nobody whom it names is told.
    """
    if source.session is None:
        return report
    own = {raw.entry.seq for raw in source.entries()}

    def told(found: Finding) -> Finding:
        return found if found.seq is None or found.seq in own else replace(found, detail="")

    checks = [
        replace(
            each,
            findings=tuple(map(told, each.findings)),
            remarks=tuple(replace(noted, detail="") for noted in each.remarks),
        )
        for each in report.checks
    ]
    return replace(report, checks=tuple(checks))


class _Package:
    def __init__(
        self, source: Source, words: Words, readable: Readable, verification: Mapping[str, Any]
    ) -> None:
        self._source = source
        self._words = words
        self._readable = readable
        self._verification = verification
        self._reader = source.reader
        self._note = source.reader.checkpoint
        self._signed: list[Entry] = []
        """The signatures among the proofs, and the keys to check them with."""
        self._proven: set[int] = set()

    def fill(self, folder: Path, target: Path) -> Packed:
        """Write everything into ``folder``, the manifest last."""
        source = self._source
        self._put(folder / "checkpoint", self._note)
        self._put(folder / "verifier-key.txt", f"{self._reader.vkey}\n")
        found = json.dumps(self._verification, ensure_ascii=True, indent=1)
        self._put(folder / "verification.json", found)
        self._report(folder)
        self._put(folder / "columns.csv", _dictionary(source.tables))
        export(source, Format.CSV, folder / "csv", source.tables)
        export(source, Format.JSONL, folder / "jsonl", source.tables, entries=self._words)
        parquet = True
        try:
            export(source, Format.PARQUET, folder / "parquet", source.tables)
        except ParquetMissingError:
            parquet = False
        else:
            self._put(folder / "figures.sql", figures(source.session))
        if source.session is None:
            export_tiles(self._reader, folder / "tiles")
        else:
            self._prove(folder / "proofs")
        checkpoint = read_checkpoint(self._reader, self._note)
        text = readme(
            source,
            checkpoint,
            verified=bool(self._verification["ok"]),
            parquet=parquet,
            signed=self._signed,
            proven=self._proven,
        )
        self._put(folder / "README.txt", text)
        count, digest = _manifest(folder)
        return Packed(target, digest, checkpoint, count, parquet)

    def _report(self, folder: Path) -> None:
        """Write the report of the session, or of each."""
        if self._source.session is not None:
            text = self._readable(self._reader, self._source.session)
            self._put(folder / "report.html", text)
            return
        (folder / "reports").mkdir()
        for session in self._reader.session_ids():
            text = self._readable(self._reader, session)
            self._put(folder / "reports" / f"{session}.html", text)

    def _prove(self, folder: Path) -> None:
        """Write the proofs of the session's entries, and of what vouches for them."""
        folder.mkdir()
        tree = RememberingTree(self._reader)
        for entry in self._entries():
            seq = entry.seq
            shown = Shown(
                entry,
                self._reader.bodies(seq, 1)[0],
                prove(self._reader, seq, self._note, tree),
                tuple(self._reader.sealed_texts(seq)) if self._source.with_texts else (),
            )
            for name, data in files_of(shown).items():
                with new_file(folder / name) as file:
                    file.write(data)
            self._proven.add(seq)
            if isinstance(entry.body, Signed | OperatorKey):
                self._signed.append(entry)

    def _entries(self) -> Iterator[Entry]:
        signers: dict[str, int] = {}
        of_the_log = list(self._reader.entries(kinds=_OF_THE_LOG))
        own = self._reader.entries(session=self._source.session, kinds=["signed"])
        for entry in own:
            if isinstance(entry.body, Signed):
                signers[entry.body.by] = entry.seq
        keys = keys_of_signers(self._reader, signers)
        session = (raw.entry for raw in self._source.entries())
        yield from heapq.merge(of_the_log, keys, session, key=lambda entry: entry.seq)

    @staticmethod
    def _put(path: Path, text: str) -> None:
        with new_file(path) as file:
            file.write(text.encode())


def _dictionary(of: Iterable[Table]) -> str:
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, ["table", "column", "type", "about"])
    out.writeheader()
    out.writerows(dictionary(of))
    return text.getvalue()


def _manifest(folder: Path) -> tuple[int, str]:
    """Write the digest of every file; return how many there are, and the manifest's own."""
    lines = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    text = "".join(lines).encode()
    with new_file(folder / MANIFEST) as file:
        file.write(text)
    return len(lines), hashlib.sha256(text).hexdigest()


def _zip(folder: Path, name: str, file: BinaryIO) -> None:
    """Pack the directory as one named ``name``."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            info = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", _EARLIEST)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with path.open("rb") as data, packed.open(info, "w") as out:
                shutil.copyfileobj(data, out)
