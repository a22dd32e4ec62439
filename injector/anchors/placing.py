"""Placing the newest anchor wherever it is not yet. Takes as long as strangers take.

Only reads the log: what was answered comes back as entries, for whoever writes it.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from injector.anchors.exchange import DEADLINE_S
from injector.anchors.failure import AnchorError, Why
from injector.anchors.places import Authority, Places, Witness
from injector.anchors.standing import Kind, Standing, look
from injector.anchors.timestamp import stamp
from injector.anchors.witness import cosign
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.cosignature import WitnessKey
from injector.shotlog.entries import Anchor
from injector.shotlog.note import NoteError, parse_note
from injector.shotlog.reader import LogReader
from injector.shotlog.timestamp_token import TokenError, read_certificates
from injector.shotlog.tree import LogTree
from injector.shotlog.vouching import Anchored

_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Failed:
    """A place that did not take the checkpoint; it waits."""

    kind: Kind
    name: str
    error: AnchorError


def place(
    reader: LogReader,
    places: Places,
    *,
    done: Collection[tuple[Kind, int]] = (),
    deadline_s: float = DEADLINE_S,
) -> list[Anchored | Failed]:
    """Give the newest anchor to each place that answers and does not hold it.

    ``done`` are kinds and sizes that were placed and are on their way into the log.
    """
    entry = reader.last("anchor")
    if entry is None or not isinstance(entry.body, Anchor):
        return []
    anchor = entry.body
    found: list[Anchored | Failed] = []
    for each in look(reader, places):
        if not each.waiting.sessions or (each.kind, anchor.size) in done:
            continue
        try:
            if each.kind is Kind.TIMESTAMP and places.timestamp is not None:
                found.append(_stamped(anchor, places.timestamp, deadline_s))
            elif each.kind is Kind.WITNESS and places.witness is not None:
                found.append(_cosigned(reader, anchor, places.witness, each, deadline_s))
        except AnchorError as error:
            found.append(Failed(each.kind, each.name, error))
    return found


def _stamped(anchor: Anchor, authority: Authority, deadline_s: float) -> Anchored:
    try:
        certificates = read_certificates(authority.certificates.read_bytes())
    except (OSError, TokenError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise AnchorError(Why.SETTINGS, f"{authority.certificates}: {said}") from error
    token = stamp(authority.url, _text(anchor), certificates, deadline_s=deadline_s)
    return Anchored(
        size=anchor.size,
        root=anchor.root,
        place="timestamp",
        name=authority.name,
        receipt=base64.b64encode(token.der).decode(),
        at_utc_us=token.at_utc_us,
    )


def _cosigned(
    reader: LogReader, anchor: Anchor, witness: Witness, standing: Standing, deadline_s: float
) -> Anchored:
    try:
        key = WitnessKey.parse(witness.vkey)
    except NoteError as error:
        raise AnchorError(Why.SETTINGS, f"the witness' key: {error}") from error
    line, seconds = cosign(
        witness.url,
        anchor.checkpoint,
        key,
        last_size=standing.size,
        log_size=reader.size,
        proof=LogTree(reader).consistency,
        deadline_s=deadline_s,
    )
    return Anchored(
        size=anchor.size,
        root=anchor.root,
        place="witness",
        name=witness.name,
        receipt=line,
        at_utc_us=seconds * _US,
    )


def _text(anchor: Anchor) -> str:
    return Checkpoint.parse(parse_note(anchor.checkpoint)[0]).text()
