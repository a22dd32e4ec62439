"""Mistakes planted in host and firmware, one at a time, for `soak` to find.

Each is a mistake that somebody could make: a check left out, an order turned round, a
state forgotten. None of this is in the product.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from injector.control import journal as journal_module
from injector.control.accounts import Accounts
from injector.control.arming import ArmingDesk
from injector.control.device import Device
from injector.control.journal import JournalDesk, Offer
from injector.control.ledger import Ledger
from injector.control.outbox import Outbox
from injector.limits.exposure import Exposure
from injector.protocol.device import DeviceConnection
from injector.protocol.framing import FrameDecoder, GoodFrame, encode_frame
from injector.protocol.messages import Hello, Packet, decode_reply, decode_request, encode_packet
from injector.shotlog import entries as log
from simulator.answers import Answers
from simulator.lease import Lease
from simulator.memory import PermanentMemory
from simulator.motions import Motions
from simulator.trigger import Trigger

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: Final[dict[str, Plant]] = {}


def _planted(name: str) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        PLANTED[name] = plant
        return plant

    return keep


# -- in the host ---------------------------------------------------------------------------


@_planted("acknowledged before it is committed")
def _acknowledge_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JournalDesk, "acknowledge", property(lambda desk: desk.taken))


@_planted("a grant sent before it is committed")
def _send_early(patch: pytest.MonkeyPatch) -> None:
    append, more = Outbox.append, ArmingDesk._grant_more
    written: list[log.Body] = []

    def note(self: Outbox, body: log.Body, **rest: Any) -> None:
        written.append(body)
        append(self, body, **rest)

    def hasty(self: ArmingDesk, device: Device) -> bool:
        granted = more(self, device)
        if granted and isinstance(written[-1], log.Grant):
            self.committed(written[-1])
        return granted

    patch.setattr(Outbox, "append", note)
    patch.setattr(ArmingDesk, "_grant_more", hasty)


@_planted("the remainder returned before the entries are in")
def _settle_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JournalDesk, "complete", property(lambda _: True))


@_planted("a part counted as nothing")
def _forget_parts(patch: pytest.MonkeyPatch) -> None:
    counts = journal_module.counts_nl

    def forgetful(entry: Any, *rest: Any) -> int:
        return counts(entry, *rest) if entry.ending == 0 else 0

    patch.setattr(journal_module, "counts_nl", forgetful)


@_planted("an entry skipped that was not pushed")
def _skip_entries(patch: pytest.MonkeyPatch) -> None:
    offer = JournalDesk.offer

    def careless(self: JournalDesk, entry: Any) -> Offer:
        if entry.index == self.taken + 2:
            self.taken = self.committed = self.taken + 1
        return offer(self, entry)

    patch.setattr(JournalDesk, "offer", careless)


@_planted("a grant's number used twice on one link")
def _reuse_grant_ids(patch: pytest.MonkeyPatch) -> None:
    more = ArmingDesk._grant_more

    def always_one(self: ArmingDesk, device: Device) -> bool:
        self._grant_id = 0
        return more(self, device)

    patch.setattr(ArmingDesk, "_grant_more", always_one)


@_planted("another log's entries acknowledged unasked")
def _acknowledge_foreign(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JournalDesk, "acknowledge", property(lambda desk: desk.committed))


@_planted("a gap forgotten")
def _forget_gaps(patch: pytest.MonkeyPatch) -> None:
    missing = Accounts.missing

    def forgetful(self: Accounts, shots: int, volume_nl: int) -> Exposure:
        missing(self, shots, volume_nl)
        return Exposure()

    patch.setattr(Accounts, "missing", forgetful)


@_planted("a gap kept in mind until all is settled")
def _keep_gaps_in_mind(patch: pytest.MonkeyPatch) -> None:
    take, missing, mind = Accounts.take, Accounts.missing, dict[int, Exposure]()

    def silent(self: Accounts, entry: Any) -> Exposure:
        mind[id(self)] = take(self, entry)
        return Exposure()

    def at_the_end(self: Accounts, shots: int, volume_nl: int) -> Exposure:
        return missing(self, shots, volume_nl) + mind.pop(id(self), Exposure())

    patch.setattr(Accounts, "take", silent)
    patch.setattr(Accounts, "missing", at_the_end)


@_planted("the grant of a gun that was swapped given back")
def _forget_swaps(patch: pytest.MonkeyPatch) -> None:
    def settled(self: Device, grant: Any, left: Any) -> log.Draft:
        return self._outbox.draft(
            log.Settled(
                serial=grant.body.serial,
                link=grant.body.link,
                shots=grant.body.shots_limit - left.shots,
                volume_nl=grant.body.volume_limit_nl - left.volume_nl,
                returned_shots=left.shots,
                returned_nl=left.volume_nl,
            )
        )

    patch.setattr(Device, "_swapped", settled)


@_planted("a gun without memory believed")
def _believe_counters(patch: pytest.MonkeyPatch) -> None:
    write = Device._write_accounts

    def trusting(self: Device, desk: JournalDesk, accounts: Accounts) -> None:
        grant = self._ledger.open_grant
        if grant is not None:
            self._ledger.open_grant = replace(grant, journal_id=desk.journal_id)
        write(self, desk, accounts)

    patch.setattr(Device, "_write_accounts", trusting)
    patch.setattr(Accounts, "went_back", property(lambda _: False, lambda *_: None), raising=False)


@_planted("a STOP not inherited after a restart")
def _forget_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Ledger, "stop_unreleased", property(lambda _: False, lambda *_: None), raising=False
    )


# -- in the firmware -----------------------------------------------------------------------


@_planted("a stored reply given to another link")
def _answer_the_wrong_link(patch: pytest.MonkeyPatch) -> None:
    take = DeviceConnection._take

    def careless(self: DeviceConnection, payload: bytes) -> Any:
        packet, newest = decode_request(payload), self._newest
        other = isinstance(packet, Packet) and packet.link != self.link
        if other and newest is not None and packet.id == newest.id:
            assert isinstance(packet, Packet)
            if isinstance(packet.message, Hello):
                [frame] = FrameDecoder().feed(newest.line)
                assert isinstance(frame, GoodFrame)
                stored = decode_reply(frame.payload)
                assert isinstance(stored, Packet)
                told = Packet(packet.link, packet.id, stored.message)
                self._output += encode_frame(encode_packet(told))
                return None
        return take(self, payload)

    patch.setattr(DeviceConnection, "_take", careless)


@_planted("a request repeated and done twice")
def _do_twice(patch: pytest.MonkeyPatch) -> None:
    take = DeviceConnection._take

    def forgetful(self: DeviceConnection, payload: bytes) -> Any:
        self._newest = None
        return take(self, payload)

    patch.setattr(DeviceConnection, "_take", forgetful)


@_planted("the lease ignored")
def _ignore_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lease, "echo", lambda self, *_: setattr(self, "end_us", 1 << 60))


@_planted("the lease renewed by a stale beat")
def _renew_late(patch: pytest.MonkeyPatch) -> None:
    def echo(self: Lease, number: int, now_us: int) -> None:
        if number:
            self.end_us = now_us + self._length_us

    patch.setattr(Lease, "echo", echo)


@_planted("STOP ignored in mid-shot")
def _ignore_stop(patch: pytest.MonkeyPatch) -> None:
    stop = Answers.stop

    def busy(self: Answers, now_us: int) -> None:
        if not self._motions.treating:
            stop(self, now_us)

    patch.setattr(Answers, "stop", busy)


@_planted("a late release undoes a later STOP")
def _release_any(patch: pytest.MonkeyPatch) -> None:
    release = Answers._release

    def any_count(self: Answers, asked: Any) -> Any:
        return release(self, asked.model_copy(update={"stop_count": self._memory.stop_count}))

    patch.setattr(Answers, "_release", any_count)


@_planted("a journal index used again after a reset")
def _reuse_index(patch: pytest.MonkeyPatch) -> None:
    load = PermanentMemory._load_slots

    def forgetful(self: PermanentMemory) -> None:
        load(self)
        for index in [each for each in self._entries if each > self.acknowledged]:
            self._entries.pop(index)
        self._written = self.acknowledged

    patch.setattr(PermanentMemory, "_load_slots", forgetful)


@_planted("counters raised after the motion")
def _debit_late(patch: pytest.MonkeyPatch) -> None:
    close = PermanentMemory.close

    def begin(self: PermanentMemory, begun: Any) -> bool:
        self._medium.write("begun", begun.to_bytes())
        self.begun = begun
        return True

    def close_late(self: PermanentMemory, entry: Any) -> None:
        assert self.begun is not None
        self._raise_counters(self.begun)
        close(self, entry)

    patch.setattr(PermanentMemory, "begin", begin)
    patch.setattr(PermanentMemory, "close", close_late)


@_planted("a motion begun without a record")
def _no_record(patch: pytest.MonkeyPatch) -> None:
    def begin(self: PermanentMemory, begun: Any) -> bool:
        self._raise_counters(begun)
        self.begun = begun
        return True

    patch.setattr(PermanentMemory, "begin", begin)


@_planted("an uncertain shot dropped at boot")
def _drop_uncertain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PermanentMemory, "_settle", lambda self: self._medium.write("begun", b""))


@_planted("the trigger need not be let go")
def _keep_pulling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trigger, "demand_release", lambda _: None)


@_planted("contact lost in mid-shot ends nothing")
def _shoot_into_air(patch: pytest.MonkeyPatch) -> None:
    end = Motions.end

    def through(self: Motions, ending: Any, now_us: int, **rest: Any) -> None:
        if ending.name != "CONTACT_LOST":
            end(self, ending, now_us, **rest)

    patch.setattr(Motions, "end", through)
