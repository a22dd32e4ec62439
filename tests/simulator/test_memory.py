"""Permanent memory: what a power cut cannot take away, and the journal's rules."""

import os
from pathlib import Path

import pytest

from injector.protocol.codes import JOURNAL_SLOTS, DeviceState, Inhibits, Mode, Reason
from injector.protocol.messages import Beat, ReadJournal, ShotEntry, UncertainEntry
from simulator.acts import Syringe
from simulator.medium import FileMedium, HeldMedium, StateFileError
from simulator.memory import PermanentMemory
from simulator.worn import WornMedium
from tests.simulator.bench import LINK, LOG, SINGLE, Bench, chance, reason, setpoint

FAST = setpoint(
    mode=Mode.REPEAT, volume_nl=1_000, depth_um=0, needle_um_s=200_000, cadence_per_min=540
)


def _shoot(bench: Bench, shots: int) -> None:
    """Fire that many fast shots, acknowledged by nobody."""
    bench.configure(FAST)
    bench.permit(shots)
    bench.lease()
    bench.contact(on=True)
    bench.trigger(held=True)
    while bench.memory.entry(bench.memory.newest) is None or bench.beat().shots_left:
        bench.run(100)
    bench.trigger(held=False)
    bench.run(200)


def test_a_power_cut_in_mid_shot_becomes_an_uncertain_entry_and_keeps_the_counters() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    first = bench.beat()
    bench.trigger(held=True)
    bench.run(95, beats=False)
    bench.power(on=False)
    moved_nl = bench.truth.moved_nl
    assert moved_nl > 0
    bench.now_us += 1_000_000
    assert bench.truth.moved_nl == moved_nl
    bench.power(on=True)
    welcome = bench.hello(link=0x61626364)
    assert (welcome.shots, welcome.volume_nl, welcome.newest) == (1, 50_500, 1)
    entry = bench.ask(ReadJournal(index=1))
    assert isinstance(entry, UncertainEntry)
    assert (entry.boot, entry.under_link, entry.log) != (welcome.boot, LINK, LOG)
    assert (entry.under_link, entry.log, entry.grant) == (LINK, LOG, 1)
    assert (entry.debit_nl, entry.digest, entry.t_us) == (50_500, SINGLE.digest(), first.t_us)
    assert bench.beat().state is DeviceState.STOPPED
    bench.run(2_000)
    assert bench.truth.shots == 1


def test_a_power_cut_between_the_begun_record_and_the_counters_loses_no_debit() -> None:
    class _CutBeforeCounters(HeldMedium):
        cut = False

        def write(self, cell: str, data: bytes) -> None:
            if self.cut and cell in ("shots", "volume"):
                raise KeyboardInterrupt  # the power goes in this instant
            super().write(cell, data)

    medium = _CutBeforeCounters()
    bench = Bench(medium=medium)
    bench.arm()
    bench.contact(on=True)
    medium.cut = True
    with pytest.raises(KeyboardInterrupt):
        bench.trigger(held=True)
    medium.cut = False
    after = PermanentMemory(medium, chance(2).randbytes)
    assert (after.shots, after.volume_nl) == (1, 50_500)
    [entry] = after.entries()
    assert isinstance(entry, UncertainEntry)
    assert (entry.shots, entry.volume_total_nl) == (1, 50_500)


def test_memory_that_does_not_read_back_moves_nothing_and_is_a_fault() -> None:
    class _Worn(HeldMedium):
        worn = False

        def write(self, cell: str, data: bytes) -> None:
            super().write(cell, bytes(len(data)) if self.worn and cell == "begun" else data)

    medium = _Worn()
    bench = Bench(medium=medium)
    bench.arm()
    bench.contact(on=True)
    medium.worn = True
    bench.pull()
    status = bench.beat()
    assert status.faults.name == "MEMORY"
    assert (status.shots, bench.truth.shots) == (0, 0)
    assert Inhibits.FAULT in status.pull_inhibits


def test_an_entry_written_before_the_power_went_is_not_doubled_as_uncertain() -> None:
    class _CutBeforeClose(HeldMedium):
        cut = False

        def write(self, cell: str, data: bytes) -> None:
            if self.cut and cell == "begun" and data == b"":
                raise KeyboardInterrupt
            super().write(cell, data)

    medium = _CutBeforeClose()
    bench = Bench(medium=medium)
    bench.arm()
    bench.contact(on=True)
    medium.cut = True
    with pytest.raises(KeyboardInterrupt):
        bench.pull(ms=400)
    medium.cut = False
    [entry] = PermanentMemory(medium, chance(2).randbytes).entries()
    assert isinstance(entry, ShotEntry)


def test_a_full_journal_refuses_to_shoot_until_entries_are_acknowledged() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    _shoot(bench, 248)
    status = bench.beat()
    assert status.room == 8
    assert Inhibits.JOURNAL_FULL in status.inhibits
    refused = bench.permit(1)
    assert reason(refused) is Reason.JOURNAL_ROOM
    bench.beat(acknowledge=100)
    assert bench.beat().room == 108
    assert reason(bench.permit(101)) is Reason.JOURNAL_ROOM
    bench.permit(100)
    assert bench.beat().inhibits & ~Inhibits.CONTACT == 0


def test_a_grant_made_while_there_was_room_still_stops_at_the_reserve() -> None:
    from simulator.acts import Fault

    bench = Bench()
    bench.hello()
    bench.release()
    _shoot(bench, 240)
    bench.permit(8)
    bench.lease()
    # A fault entry takes a slot that the grant counted on.
    bench.device.act(Fault(name="air", on=True), bench.now_us)
    bench.device.act(Fault(name="air", on=False), bench.now_us)
    from injector.protocol.messages import Disarm

    bench.ask(Disarm())
    bench.permit(7)
    bench.lease()
    bench.trigger(held=True)
    bench.run(4_000)
    assert bench.beat().room == 8
    assert bench.truth.shots == 247


def test_acknowledged_entries_stay_readable_until_they_are_overwritten() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    _shoot(bench, 248)
    bench.beat(acknowledge=248)
    assert isinstance(bench.ask(ReadJournal(index=1)), ShotEntry)
    _shoot(bench, 20)
    refused = bench.refused(ReadJournal(index=12))
    assert (refused.reason, refused.bound) == (Reason.NO_ENTRY, 13)
    assert isinstance(bench.ask(ReadJournal(index=13)), ShotEntry)
    assert isinstance(bench.ask(ReadJournal(index=268)), ShotEntry)
    assert len(bench.device.journal()) == JOURNAL_SLOTS


def test_an_empty_journal_has_no_entry_and_no_oldest() -> None:
    bench = Bench()
    bench.hello()
    refused = bench.refused(ReadJournal(index=1))
    assert (refused.reason, refused.bound) == (Reason.NO_ENTRY, 0)


def test_the_index_is_given_at_the_beginning_and_the_entry_written_at_the_end() -> None:
    bench = Bench()
    bench.arm()
    bench.contact(on=True)
    bench.trigger(held=True)
    assert bench.beat().newest == 1
    assert reason(bench.ask(ReadJournal(index=1))) is Reason.NO_ENTRY
    bench.beat(acknowledge=1)  # a host cannot have committed it yet
    assert bench.beat().room == 255
    bench.run(500)
    assert isinstance(bench.ask(ReadJournal(index=1)), ShotEntry)
    assert bench.beat(acknowledge=1).room == 256


def test_acknowledging_what_was_never_written_or_less_than_before_frees_nothing() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    _shoot(bench, 10)
    assert bench.beat(acknowledge=11).room == 246
    assert bench.beat(acknowledge=5).room == 251
    status = bench.ask(Beat(echo=bench.echo, acknowledge=2))
    assert status.room == 251  # type: ignore[union-attr] # a beat is answered by a status


def test_a_journal_with_a_slot_that_cannot_be_read_is_formatted_under_a_new_id() -> None:
    bench = Bench()
    first = bench.hello()
    bench.release()
    _shoot(bench, 3)
    bench.power(on=False)
    bench.medium.write("slot/2", b"\xff")
    bench.power(on=True)
    second = bench.hello(link=0x61626364)
    assert second.journal != first.journal
    assert (second.newest, second.acknowledged, second.shots) == (0, 0, 3)


def test_a_shot_cut_by_the_power_is_the_first_entry_of_a_journal_formatted_at_that_boot() -> None:
    bench = Bench()
    bench.hello()
    bench.release()
    _shoot(bench, 3)
    bench.permit(3)
    bench.lease()
    bench.trigger(held=True)
    bench.run(5, beats=False)
    bench.power(on=False)
    bench.medium.write("slot/2", b"\xff")
    bench.power(on=True)
    [entry] = bench.device.journal()
    assert isinstance(entry, UncertainEntry)
    assert (entry.index, entry.shots, bench.hello().newest) == (1, 4, 1)


def test_a_begun_record_that_its_cell_keeps_is_closed_once_and_leaves_no_hole() -> None:
    medium = WornMedium()
    bench = Bench(medium=medium)
    bench.hello()
    bench.release()
    _shoot(bench, 3)
    bench.permit(3)
    bench.lease()
    bench.trigger(held=True)
    bench.run(5, beats=False)
    medium.worn.add("begun")
    bench.power(on=False)
    medium.write("slot/2", b"\xff")
    for _ in range(2):
        bench.power(on=True)
        assert [entry.index for entry in bench.device.journal()] == [1]
        bench.power(on=False)
    medium.worn.clear()
    bench.power(on=True)
    assert [entry.index for entry in bench.device.journal()] == [1]
    assert medium.read("begun") == b""


def test_a_gun_whose_state_is_in_a_file_is_the_same_gun_after_the_process_ended(
    tmp_path: Path,
) -> None:
    path = tmp_path / "gun.state"
    medium = FileMedium(path)
    bench = Bench(medium=medium)
    first = bench.hello()
    bench.release()
    _shoot(bench, 3)
    entries = bench.device.journal()
    medium.close()
    medium = FileMedium(path)
    bench = Bench(medium=medium, seed=9)
    second = bench.hello()
    assert (second.serial, second.journal) == (first.serial, first.journal)
    assert (second.shots, second.stop_count) == (3, 2)
    assert bench.device.journal() == entries
    medium.close()


def test_a_line_that_a_power_cut_left_unfinished_never_happened(tmp_path: Path) -> None:
    path = tmp_path / "gun.state"
    medium = FileMedium(path)
    medium.write("a", b"1")
    medium.write("b", b"2")
    medium.close()
    whole = path.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1]) + 1):
        path.write_bytes(whole[:-cut])
        medium = FileMedium(path)
        assert (medium.read("a"), medium.read("b")) == (b"1", None)
        medium.close()


@pytest.mark.parametrize("text", ["first\nsecond\n", "one line\n", "no line end", "\n"])
def test_a_file_that_is_no_state_is_refused_and_left_as_it_was(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(StateFileError, match=r"notes\.txt, line 1: not a gun's state"):
        FileMedium(path)
    assert path.read_text() == text


def test_a_state_that_is_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gun.state"
    medium = FileMedium(path)
    medium.write("a", b"1")
    medium.write("b", b"2")
    medium.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"a", b"c") + lines[2])
    with pytest.raises(StateFileError, match=r"gun\.state, line 2: damaged"):
        FileMedium(path)


def test_a_state_that_cannot_be_written_is_an_error_and_never_taken_for_done() -> None:
    medium = FileMedium.__new__(FileMedium)
    medium._path, medium._cells, medium._lines = Path("/dev/full"), {}, 0
    medium._file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(StateFileError, match="/dev/full: No space left on device"):
        medium.write("begun", b"1")
    assert medium.read("begun") is None
    medium.close()


def test_two_guns_cannot_share_one_state(tmp_path: Path) -> None:
    medium = FileMedium(tmp_path / "gun.state")
    with pytest.raises(StateFileError, match="another simulated gun holds this state"):
        FileMedium(tmp_path / "gun.state")
    medium.close()


def test_a_state_file_is_written_anew_before_it_grows_without_end(tmp_path: Path) -> None:
    path = tmp_path / "gun.state"
    medium = FileMedium(path, compact_after=20)
    for number in range(200):
        medium.write("cell", number.to_bytes(4, "big"))
        assert len(path.read_bytes().splitlines()) <= 22
    medium.close()
    medium = FileMedium(path)
    assert medium.read("cell") == (199).to_bytes(4, "big")
    medium.close()


def test_a_fresh_syringe_after_the_power_came_back_is_what_the_gun_reports() -> None:
    bench = Bench()
    bench.device.act(Syringe(volume_nl=1_234_000), bench.now_us)
    bench.hello()
    assert bench.beat().syringe_left_nl == 1_234_000
