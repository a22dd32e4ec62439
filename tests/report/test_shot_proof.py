"""A shot proven to somebody who has not got the log: what is shown, and what never is."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.cli.log import log as log_command
from injector.cli.log_proofs import FAULTS, fault
from injector.report.proof import prove
from injector.report.proof_check import Fault, FolderReport, Found, check_folder
from injector.report.proof_folder import FolderError, write_folder
from injector.report.proof_readme import ABSENT
from injector.report.shot_proof import Absent, NotAShotError, prove_shot
from injector.shotlog.checkpoint import open_checkpoint
from injector.shotlog.entries import Draft
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.keychain import handover_text
from injector.shotlog.log import ShotLog
from injector.shotlog.note import SigningKey, VerifierKey, open_note
from injector.shotlog.reader import LogReader
from injector.shotlog.vouching import Corrected, KeyRotated, Signed
from tests.report.samples import (
    OTHER_PATIENT,
    OTHER_PERSON,
    OTHER_TEXT,
    Places,
    put_key,
    sign,
    write_signed,
)
from tests.shotlog.samples import (
    NOW,
    SECOND_SESSION,
    SESSION,
    grant,
    numbered,
    open_log,
    opened,
    shot,
    uncertain,
    write_session,
)
from tests.shotlog.test_rotation import graft

HERE = str(Path(sys.executable).parent)
TOOLS = ("bash", "openssl", "sha256sum", "base64", "od", "python3")
missing = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_tools = pytest.mark.skipif(bool(missing), reason=f"not installed here: {missing}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Places]:
    path = tmp_path_factory.mktemp("made") / "shots.db"
    return path, write_signed(path)


@pytest.fixture
def folder(made: tuple[Path, Places], tmp_path: Path) -> Path:
    """A proof with texts, to be changed."""
    path, places = made
    with LogReader.open(path) as reader:
        write_folder(tmp_path / "proof", prove_shot(reader, places.shot, with_texts=True))
    return tmp_path / "proof"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(log_command, [str(each) for each in arguments])


def kinds(log: ShotLog | LogReader, seq: int) -> dict[int, str]:
    reader = log.reader if isinstance(log, ShotLog) else log
    return {each.entry.seq: each.entry.body.kind for each in prove_shot(reader, seq).shown}


def absent(log: ShotLog, seq: int) -> tuple[Absent, ...]:
    return prove_shot(log.reader, seq).absent


# -- what is shown ----------------------------------------------------------------------------


def test_a_shot_is_shown_with_what_it_can_be_judged_by(made: tuple[Path, Places]) -> None:
    path, places = made
    with LogReader.open(path) as reader:
        assert kinds(reader, places.shot) == {
            0: "log_opened",
            places.key: "operator_key",
            places.opened: "session_opened",
            places.grant: "grant",
            places.shot: "shot",
            places.closed: "session_closed",
            places.signed: "signed",
        }
        proof = prove_shot(reader, places.shot)
        assert proof.absent == ()
        for shown in proof.shown:
            assert shown.body == reader.bodies(shown.entry.seq, 1)[0]
            assert shown.proof == prove(reader, shown.entry.seq)


def test_nothing_of_another_session_is_in_the_directory(
    made: tuple[Path, Places], folder: Path
) -> None:
    path, places = made
    with LogReader.open(path) as reader:
        others = list(reader.entries(session=SECOND_SESSION))
        own = {entry.seq for entry in reader.entries(session=SESSION)}
        randoms = {json.loads(reader.bodies(entry.seq, 1)[0])["random"] for entry in others}
    everything = b"".join(each.read_bytes() for each in folder.iterdir())
    for word in {SECOND_SESSION, OTHER_PATIENT, OTHER_PERSON, OTHER_TEXT, *randoms}:
        assert word.encode() not in everything
    shown = {int(m[1]) for each in folder.iterdir() if (m := re.match(r"entry-(\d+)", each.name))}
    assert shown - own == {0, places.key}
    assert not shown & {entry.seq for entry in others}


def test_without_being_asked_no_private_text_is_shown(
    made: tuple[Path, Places], tmp_path: Path
) -> None:
    path, places = made
    texts = ["blue heron", "Elbow, left", "a single tablet, last week", "reddened a little"]
    with LogReader.open(path) as reader:
        salts = [each.salt for seq in range(reader.size) for each in reader.sealed_texts(seq)]
        assert len(salts) == 8
        write_folder(tmp_path / "without", prove_shot(reader, places.shot))
        write_folder(tmp_path / "with", prove_shot(reader, places.shot, with_texts=True))
    everything = b"".join(each.read_bytes() for each in (tmp_path / "without").iterdir())
    for text in [*texts, *(salt.hex() for salt in salts)]:
        assert text.encode() not in everything
    asked = b"".join(each.read_bytes() for each in (tmp_path / "with").iterdir())
    for text in texts[:3]:
        assert text.encode() in asked
    assert texts[3].encode() not in asked, "the text of an entry that is not shown"
    assert sum(salt.hex().encode() in asked for salt in salts) == 3


def test_texts_that_were_erased_are_not_shown(tmp_path: Path) -> None:
    places = write_signed(tmp_path / "shots.db")
    with open_log(tmp_path / "shots.db") as log:
        log.erase(places.opened, "/title", by="ada", reason="asked", now=NOW)
        proof = prove_shot(log.reader, places.shot, with_texts=True)
        write_folder(tmp_path / "proof", proof)
    assert "Elbow" not in "".join(
        each.read_text(encoding="utf-8") for each in (tmp_path / "proof").iterdir()
    )
    assert check_folder(tmp_path / "proof").texts == 2


def test_an_uncertain_shot_is_proven_too_and_what_is_absent_is_said(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        log.append([opened(), Draft(SESSION, grant())], NOW)
        (entry,) = log.append([Draft(SESSION, uncertain(1, 2))], NOW)
        assert kinds(log, entry.seq) == {
            0: "log_opened", 1: "session_opened", 2: "grant", 3: "uncertain"
        }  # fmt: skip
        assert absent(log, entry.seq) == (Absent.CLOSING, Absent.SIGNATURE)


def test_a_shot_that_nobody_granted_is_shown_without_a_grant(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        outside, _, inside = log.append(
            [Draft(None, shot(1)), opened(), Draft(SESSION, shot(2))], NOW
        )
        assert kinds(log, outside.seq) == {0: "log_opened", 1: "shot"}
        assert absent(log, outside.seq) == (Absent.GRANT, Absent.SESSION)
        assert set(kinds(log, inside.seq).values()) == {"log_opened", "session_opened", "shot"}


def test_a_grant_of_another_session_is_not_shown(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        theirs = write_session(log, SESSION, 2)
        write_session(log, SECOND_SESSION, 2, first=3)
        (late,) = log.append([Draft(SECOND_SESSION, shot(9, theirs))], NOW)
        assert theirs not in kinds(log, late.seq)
        assert Absent.GRANT_ELSEWHERE in absent(log, late.seq)
        write_folder(tmp_path / "proof", prove_shot(log.reader, late.seq))
    files = b"".join(each.read_bytes() for each in (tmp_path / "proof").iterdir())
    assert SESSION.encode() not in files
    assert check_folder(tmp_path / "proof").ok


def test_a_shot_that_came_in_after_its_session_had_closed_is_shown_with_that_session(
    tmp_path: Path,
) -> None:
    with open_log(tmp_path / "shots.db") as log:
        granted = write_session(log, SESSION, 2)
        (late,) = log.append([Draft(None, shot(9, granted))], NOW)
        assert set(kinds(log, late.seq).values()) == {
            "log_opened", "session_opened", "grant", "session_closed", "shot"
        }  # fmt: skip
        write_folder(tmp_path / "proof", prove_shot(log.reader, late.seq))
    assert check_folder(tmp_path / "proof").ok


def test_what_was_corrected_of_the_entries_shown_is_shown_and_no_other_correction(
    tmp_path: Path,
) -> None:
    def corrected(about: int) -> Draft:
        body = Corrected(
            about_seq=about, place="/indication", before={"value": "a"}, after={"value": "b"},
            reason=TO_BE_SEALED, by="ada",
        )  # fmt: skip
        return Draft(SESSION, body, {"/reason": "mistyped"})

    with open_log(tmp_path / "shots.db") as log:
        granted = write_session(log, SESSION, 2)
        told, _other = log.append([corrected(granted - 1), corrected(granted + 1)], NOW)
        found = kinds(log, granted + 2)
        assert [seq for seq, kind in found.items() if kind == "corrected"] == [told.seq]


def test_every_key_that_a_signer_had_before_signing_is_shown(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        first, second = put_key(log, "ada"), put_key(log, "ada", "reset")
        granted = write_session(log, SESSION, 1)
        sign(log, SESSION, granted + 2, "ada")
        later = put_key(log, "ada", "reset")
        shown = kinds(log, granted + 2)
        assert {first, second} <= set(shown)
        assert later not in shown


@pytest.mark.parametrize(("seq", "kind"), [(0, "log_opened"), (7, "grant"), (999, None)])
def test_what_is_no_shot_is_not_proven_as_one(
    made: tuple[Path, Places], seq: int, kind: str | None
) -> None:
    with LogReader.open(made[0]) as reader, pytest.raises(NotAShotError) as caught:
        prove_shot(reader, seq)
    assert caught.value.kind == kind


# -- checking a directory ---------------------------------------------------------------------


def by_hand(folder: Path, vkey: str) -> subprocess.CompletedProcess[str]:
    """Paste the README's lines into a shell."""
    text = (folder / "README.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^ {4}(.*)$", text, re.MULTILINE)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=folder, env=os.environ | {"VKEY": vkey}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def faults(folder: Path, vkey: str | None = None) -> set[Fault]:
    key = None if vkey is None else VerifierKey.parse(vkey)
    return {each.fault for each in check_folder(folder, key).found}


def test_a_directory_is_checked_without_the_log(made: tuple[Path, Places], folder: Path) -> None:
    report = check_folder(folder, VerifierKey.parse(made[1].vkey))
    assert report.ok
    assert (len(report.kinds), report.signatures, report.texts) == (7, 1, 3)
    assert report.checkpoint is not None
    assert report.checkpoint.size == made[1].size
    assert report.absent == []


@needs_tools
def test_the_lines_of_the_readme_check_it_without_our_software(
    made: tuple[Path, Places], folder: Path
) -> None:
    result = by_hand(folder, made[1].vkey)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("leads to the root") == 7
    assert result.stdout.count("Signature Verified Successfully") == 8


def files_that_count() -> list[str]:
    stems = [f"entry-{seq}" for seq in (0, 3, 6, 7, 11, 17, 19)]
    proofs = [f"{stem}.{kind}" for stem in stems for kind in ("json", "tlog-proof")]
    return [*proofs, *(f"entry-6.text-{number}" for number in range(3))]


@pytest.mark.parametrize("name", files_that_count())
def test_a_changed_byte_in_any_file_is_found(
    made: tuple[Path, Places], folder: Path, name: str
) -> None:
    assert set(files_that_count()) <= {each.name for each in folder.iterdir()}
    data = (folder / name).read_bytes()
    for at in range(0, len(data), 7):
        change(folder / name, at)
        assert faults(folder, made[1].vkey), f"byte {at}"
        (folder / name).write_bytes(data)


@needs_tools
@pytest.mark.parametrize(
    "name", ["entry-0.tlog-proof", "entry-11.json", "entry-11.tlog-proof", "entry-6.text-0"]
)
def test_a_changed_byte_is_found_by_the_readme_s_lines_too(
    made: tuple[Path, Places], folder: Path, name: str
) -> None:
    change(folder / name, len((folder / name).read_bytes()) // 2)
    assert by_hand(folder, made[1].vkey).returncode != 0


def change(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def copy(folder: Path, one: int, other: int) -> None:
    for kind in ("json", "tlog-proof"):
        shutil.copy(folder / f"entry-{one}.{kind}", folder / f"entry-{other}.{kind}")


def drop(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink()


def index(folder: Path, seq: int, said: int) -> None:
    file = folder / f"entry-{seq}.tlog-proof"
    file.write_text(file.read_text().replace(f"index {seq}\n", f"index {said}\n"))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda f: copy(f, 11, 12), Fault.OUT_OF_PLACE),
        (lambda f: copy(f, 7, 11), Fault.OUT_OF_PLACE),
        (lambda f: index(f, 11, 12), Fault.OUT_OF_PLACE),
        (lambda f: shutil.copy(f / "entry-6.json", f / "entry-11.json"), Fault.OUT_OF_PLACE),
        (lambda f: drop(f, "entry-11.json"), Fault.FILE_MISSING),
        (lambda f: drop(f, "entry-7.tlog-proof"), Fault.FILE_MISSING),
        (lambda f: drop(f, "entry-11.json", "entry-11.tlog-proof"), Fault.NO_SHOT),
        (lambda f: drop(f, "entry-3.json", "entry-3.tlog-proof"), Fault.SIGNATURE),
        (lambda f: drop(f, "entry-17.json", "entry-17.tlog-proof"), Fault.SIGNATURE),
        (lambda f: drop(f, "entry-6.text-1"), Fault.TEXT),
        (lambda f: drop(f, "entry-6.texts.json"), Fault.TEXT),
        (lambda f: (f / "entry-6.texts.json").write_text("{}"), Fault.TEXT),
        (lambda f: shutil.copy(f / "entry-6.text-0", f / "entry-6.text-1"), Fault.TEXT),
        (lambda f: shutil.copy(f / "entry-6.text-0", f / "entry-11.text-0"), Fault.TEXT),
        (lambda f: (f / "entry-11.json").write_bytes(b"\xff{"), Fault.MALFORMED),
        (lambda f: (f / "entry-11.tlog-proof").write_bytes(b"\xff"), Fault.MALFORMED),
    ],
)  # fmt: skip
def test_what_was_moved_or_removed_is_found(
    made: tuple[Path, Places], folder: Path, change: Callable[[Path], object], found: Fault
) -> None:
    change(folder)
    assert found in faults(folder, made[1].vkey)


def test_without_a_key_and_without_entry_0_nothing_is_checked(folder: Path) -> None:
    drop(folder, "entry-0.json", "entry-0.tlog-proof")
    assert faults(folder) == {Fault.NO_KEY}


def test_another_log_s_proof_is_not_that_of_the_key(folder: Path, tmp_path: Path) -> None:
    with open_log(tmp_path / "other.db") as other:
        assert faults(folder, other.vkey) == {Fault.NOT_PROVEN, Fault.NO_SHOT}


def test_entries_proven_at_two_moments_are_not_one_proof(
    made: tuple[Path, Places], tmp_path: Path
) -> None:
    for name in ("shots.db", "shots.db.key"):
        shutil.copy(made[0].with_name(name), tmp_path / name)
    seq = made[1].shot
    with open_log(tmp_path / "shots.db") as log:
        write_folder(tmp_path / "before", prove_shot(log.reader, seq))
        log.append([Draft(None, shot(99))], NOW)
        write_folder(tmp_path / "after", prove_shot(log.reader, seq))
    name = f"entry-{made[1].signed}.tlog-proof"
    shutil.copy(tmp_path / "after" / name, tmp_path / "before" / name)
    assert Fault.OTHER_CHECKPOINT in faults(tmp_path / "before")


def mixed(path: Path, change: Callable[[ShotLog], int], folder: Path) -> None:
    """Write a shot's proof, with one more entry of the same log in the directory."""
    with open_log(path) as log:
        granted = write_session(log, SESSION, 2)
        more = change(log)
        proof = prove_shot(log.reader, granted + 2)
        write_folder(folder, proof)
        (folder / f"entry-{more}.json").write_bytes(log.reader.bodies(more, 1)[0])
        (folder / f"entry-{more}.tlog-proof").write_text(prove(log.reader, more).text())


def test_an_entry_of_another_session_does_not_pass_in_a_directory(tmp_path: Path) -> None:
    mixed(
        tmp_path / "shots.db",
        lambda log: write_session(log, SECOND_SESSION, 2, first=3),
        tmp_path / "proof",
    )
    assert faults(tmp_path / "proof") == {Fault.OTHER_SESSION}


def test_another_grant_than_the_one_on_the_wire_does_not_pass(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        other = grant().model_copy(update={"grant": 2})
        log.append([opened(), Draft(SESSION, other), Draft(SESSION, shot(1, 2))], NOW)
        write_folder(tmp_path / "proof", prove_shot(log.reader, 3))
    assert faults(tmp_path / "proof") == {Fault.OTHER_GRANT}


@pytest.mark.parametrize(
    "what", ["about", "person", "log", "meaning", "size", "root", "time", "name", "tree"]
)
def test_a_signature_that_was_moved_does_not_hold(tmp_path: Path, what: str) -> None:
    """What a signature cannot be moved to: another record, person, log, meaning, tree or time."""
    with open_log(tmp_path / "shots.db") as log, open_log(tmp_path / "other.db") as other:
        put_key(log, "ada")
        put_key(log, "bea")
        put_key(other, "ada")
        granted = write_session(log, SESSION, 1)
        closing = granted + 3
        write_session(other, SESSION, 1)
        (source, about) = (other, closing - 1) if what == "log" else (log, closing)
        made = sign(source, SESSION, about, "ada")
        body = source.reader.at([made])[made].body
        moved = {
            "about": {"about_seq": granted},
            "person": {"by": "bea"},
            "log": {"about_seq": closing},
            "meaning": {"meaning": "reviewed"},
            "size": {"size": closing + 1},
            "root": {"root": "00" * 32},
            "time": {"signed_utc_us": NOW.utc_us + 1},
            "name": {"name": "Bea Example"},
            "tree": {"size": closing},
        }[what]
        assert isinstance(body, Signed)
        log.append([Draft(SESSION, body.model_copy(update=moved))], NOW)
        write_folder(tmp_path / "proof", prove_shot(log.reader, granted + 2))
    report = check_folder(tmp_path / "proof")
    assert {each.fault for each in report.found} == {Fault.SIGNATURE}
    assert report.signatures == (0 if what == "log" else 1)


# -- keys that followed -----------------------------------------------------------------------


def following_key(log: ShotLog) -> SigningKey:
    return SigningKey(log.reader.opened.origin, bytes(range(32)))


def resign(folder: Path, log: ShotLog) -> None:
    """Sign the directory's checkpoint with the key that followed."""
    text = log.checkpoint.partition("\n\n")[0] + "\n"
    for file in folder.glob("*.tlog-proof"):
        head = file.read_text().partition("\n\n")[0]
        file.write_text(f"{head}\n\n{following_key(log).sign(text)}")


def followed(path: Path, folder: Path, shots: int = 1) -> list[str]:
    """Write the proof of a shot in a log under three keys; return them."""
    with open_log(path, numbered()) as log:
        put_key(log, "ada")
        granted = write_session(log, SESSION, shots)
        sign(log, SESSION, log.size - 2, "ada")
        vkeys = [log.vkey]
        for _ in range(2):
            vkeys.append(log.rotate_key(reason="planned", by="ada", now=NOW).vkey)
            log.append([Draft(None, shot(50 + len(vkeys)))], NOW)
        write_folder(folder, prove_shot(log.reader, granted + 2))
    return vkeys


@needs_tools
def test_where_keys_followed_each_other_a_proof_holds_for_who_has_any_of_them(
    tmp_path: Path,
) -> None:
    vkeys = followed(tmp_path / "shots.db", tmp_path / "proof")
    assert faults(tmp_path / "proof") == set()
    for later, vkey in zip((2, 1, 0), vkeys, strict=True):
        report = check_folder(tmp_path / "proof", VerifierKey.parse(vkey))
        assert (report.found, report.followed, report.signatures) == ([], later, 1)
        result = by_hand(tmp_path / "proof", vkey)
        assert result.returncode == 0, result.stderr
        said = run("check-proof", tmp_path / "proof", "--key", vkey)
        assert said.exit_code == 0
        assert ("was followed by" in said.stdout) is bool(later)
        told = json.loads(run("check-proof", tmp_path / "proof", "--key", vkey, "--json").stdout)
        assert told["keys_after"] == later


@needs_tools
def test_where_a_handover_is_not_shown_the_key_before_it_leads_nowhere(tmp_path: Path) -> None:
    vkeys = followed(tmp_path / "shots.db", tmp_path / "proof")
    with LogReader.open(tmp_path / "shots.db") as reader:
        first, second = (each.seq for each in reader.entries(kinds=["key_rotated"]))
    drop(tmp_path / "proof", f"entry-{second}.json", f"entry-{second}.tlog-proof")
    assert Fault.NOT_PROVEN in faults(tmp_path / "proof", vkeys[0])
    assert by_hand(tmp_path / "proof", vkeys[0]).returncode != 0
    drop(tmp_path / "proof", f"entry-{first}.json", f"entry-{first}.tlog-proof")
    assert faults(tmp_path / "proof", vkeys[2]) == {Fault.OTHER_LOG}


@needs_tools
def test_a_checkpoint_that_was_merely_signed_once_more_is_no_handover(tmp_path: Path) -> None:
    """A forger without the key cuts the log back to a checkpoint, adds their own signature to
    it, and goes on under their own key. The handover is signed by nobody but them."""
    path = tmp_path / "shots.db"
    with open_log(path) as log:
        granted = write_session(log, SESSION, 1)
        honest = VerifierKey.parse(log.vkey)
        forger = SigningKey(honest.name, bytes(range(32)))
        note, tree = log.checkpoint, open_checkpoint(log.checkpoint, honest)
    own = tree.signed(forger).removeprefix(tree.text() + "\n")
    body = KeyRotated(
        vkey=str(forger.verifier), size=tree.size, root=tree.root.hex(), checkpoint=note + own,
        handover=forger.sign(handover_text(tree, forger.verifier)), reason="yearly", by=None,
    )  # fmt: skip
    for key in (honest, forger.verifier):
        assert open_note(body.checkpoint, key) == tree.text()
    graft(path, tree.size, forger, body)
    with LogReader.open(path) as reader:
        write_folder(tmp_path / "proof", prove_shot(reader, granted + 2))
    for vkey in (None, str(honest), str(forger.verifier)):
        assert Fault.NOT_HANDED_OVER in faults(tmp_path / "proof", vkey)
    for vkey in (str(honest), str(forger.verifier)):
        assert by_hand(tmp_path / "proof", vkey).returncode != 0


def test_a_key_that_signs_and_is_none_of_the_log_s_is_another_log_s(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        granted = write_session(log, SESSION, 1)
        write_folder(tmp_path / "proof", prove_shot(log.reader, granted + 2))
        resign(tmp_path / "proof", log)
        unknown = str(following_key(log).verifier)
    assert faults(tmp_path / "proof", unknown) == {Fault.OTHER_LOG}


# -- the commands -----------------------------------------------------------------------------


def test_prove_and_check_proof_say_what_they_did(made: tuple[Path, Places], tmp_path: Path) -> None:
    path, places = made
    out = tmp_path / "new" / "proof"
    result = run("prove", places.shot, "--log", path, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"entry {places.shot} of {places.size} is proven" in result.stdout
    checked = run("check-proof", out, "--key", places.vkey)
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.endswith("The proof holds.\n")
    assert "1 signatures hold" in checked.stdout
    assert "the directory's own word" not in checked.stdout
    assert "the directory's own word" in run("check-proof", out).stdout


def test_the_directory_is_its_owner_s_alone(folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0


def test_json_is_one_object_each(made: tuple[Path, Places], tmp_path: Path) -> None:
    path, places = made
    out = tmp_path / "proof"
    proven = json.loads(run("prove", places.shot, "--json", "--log", path, "--out", out).stdout)
    assert (proven["shot"], proven["size"], proven["absent"]) == (places.shot, places.size, [])
    assert sorted(proven["files"]) == sorted(each.name for each in out.iterdir())
    checked = json.loads(run("check-proof", out, "--json").stdout)
    assert (checked["ok"], checked["key_given"], checked["signatures"]) == (True, False, 1)
    assert checked["root"] == proven["root"]
    exported = json.loads(
        run("export", "--tiles", tmp_path / "tiles", "--log", path, "--json").stdout
    )
    assert (exported["size"], exported["root"]) == (places.size, proven["root"])


def test_without_an_option_the_directory_is_named_by_the_shot(
    made: tuple[Path, Places], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("prove", made[1].shot, "--log", made[0]).exit_code == 0
    assert check_folder(tmp_path / f"shot-{made[1].shot}-proof").ok


def test_a_proof_that_does_not_hold_exits_with_1(folder: Path) -> None:
    (folder / "entry-11.json").write_bytes(b"{}")
    result = run("check-proof", folder)
    assert result.exit_code == 1
    assert "WRONG: entry 11: malformed" in result.stdout
    assert result.stdout.endswith("The proof does NOT hold.\n")
    assert run("check-proof", folder, "--json").exit_code == 1


def test_what_cannot_be_used_is_bad_input_and_changes_nothing(
    made: tuple[Path, Places], folder: Path, tmp_path: Path
) -> None:
    path, places = made
    before = sorted(each.name for each in folder.iterdir())
    (tmp_path / "empty").mkdir()
    for arguments, words in (
        (("prove", 7, "--log", path, "--out", tmp_path / "x"), "it is a grant entry, not a shot"),
        (("prove", 999, "--log", path, "--out", tmp_path / "x"), "there is no such entry"),
        (("prove", places.shot, "--log", path, "--out", folder), "is there already"),
        (("prove", places.shot, "--log", tmp_path / "none.db"), "no shot log here"),
        (("check-proof", tmp_path / "none"), "no such directory"),
        (("check-proof", tmp_path / "empty"), "holds no entry"),
        (("check-proof", folder, "--key", "x"), "a verifier key is"),
        (("export", "--tiles", folder, "--log", path), "something else"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        assert words in result.stderr
    assert sorted(each.name for each in folder.iterdir()) == before
    assert not (tmp_path / "x").exists()


def test_a_file_too_large_for_a_proof_is_not_read(folder: Path) -> None:
    with (folder / "entry-11.json").open("r+b") as file:
        file.truncate(5_000_000_000)
    with pytest.raises(FolderError, match=r"entry-11\.json is not a file of a proof"):
        check_folder(folder)


def test_every_fault_and_every_absence_has_words() -> None:
    assert set(FAULTS) == set(Fault)
    assert set(ABSENT) == set(Absent)
    for each in Fault:
        assert fault(Found(each, 7, "detail")).startswith("entry 7: ")
    assert FolderReport().ok


def test_the_group_lists_the_commands_that_other_modules_have() -> None:
    listed = run("--help").stdout
    for name in ("prove", "check-proof", "export", "verify"):
        assert re.search(rf"^  {name} ", listed, re.MULTILINE)
