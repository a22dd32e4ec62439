"""From a draft to the bytes of an entry, and back.

A body is one flat object: what the writer adds (`COMMON`) beside the fields of the
kind. Private texts are sealed here: the commitment goes into the body, salt and
text go beside it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from injector.shotlog import canonical
from injector.shotlog.entries import (
    KINDS,
    Body,
    Draft,
    Entry,
    Moment,
    SessionOpened,
    Unknown,
)
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.schema import MAX_BODY_BYTES

RANDOM_BYTES: Final = 16
SALT_BYTES: Final = 32
COMMON: Final = frozenset({"seq", "random", "utc_us", "mono_us", "session"})
_COMMITMENT: Final = "hmac_sha256"
_COMMITMENT_BYTES: Final = b'"hmac_sha256"'
_FIELDS: Final = {kind: len(model.model_fields) for kind, model in KINDS.items()}
"""How many fields a body of each kind has."""
_RANDOM: Final = re.compile(f"[0-9a-f]{{{2 * RANDOM_BYTES}}}")
_SESSION_FORM: Final = "t (training) or c (clinical) and 16 hex characters"
_SESSION: Final = re.compile("[tc][0-9a-f]{16}")


class MalformedBodyError(ValueError):
    """Bytes that are no body of an entry."""


@dataclass(frozen=True, slots=True)
class SealedText:
    """A private text, with what opens its commitment."""

    seq: int
    place: str
    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Packed:
    """An entry ready to be written."""

    entry: Entry
    body: bytes
    leaf: bytes
    texts: tuple[SealedText, ...]


def commitment(salt: bytes, text: str) -> str:
    """Return HMAC-SHA256 of ``text`` under ``salt``, in hex."""
    return hmac.digest(salt, text.encode(), hashlib.sha256).hex()


def commitments(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield place (JSON Pointer) and HMAC of every commitment in a body."""
    match value:
        case {"hmac_sha256": str() as digest, **more} if not more:
            yield place, digest
        case dict():
            for key, item in value.items():
                step = str(key).replace("~", "~0").replace("/", "~1")
                yield from commitments(item, f"{place}/{step}")
        case list() | tuple():
            for at, item in enumerate(value):
                yield from commitments(item, f"{place}/{at}")
        case _:
            return


def may_commit(body: bytes) -> bool:
    """Whether a body can hold a commitment at all; a quick look before `commitments`."""
    return _COMMITMENT_BYTES in body


def pack(
    draft: Draft, seq: int, now: Moment, random: bytes, random_bytes: Callable[[int], bytes]
) -> Packed:
    """Make the entry that ``draft`` becomes at ``seq``.

    ``random`` are its own 16 bytes; ``random_bytes`` gives salts. Raises ValueError
    when the draft cannot be an entry: a session id that is none, a text without its
    place or a place without its text, a body over 60,000 bytes.
    """
    _check_session(draft.session)
    if not _names_its_realm(draft.session, draft.body):
        raise ValueError("a session's id begins with t or c, as its realm does")
    fields: dict[str, object] = draft.body.model_dump()
    fields["seq"] = seq
    fields["random"] = random.hex()
    fields["utc_us"] = now.utc_us
    fields["mono_us"] = now.mono_us
    fields["session"] = draft.session
    body, data = draft.body, b"" if draft.texts else canonical.encode(fields)
    texts: tuple[SealedText, ...] = ()
    if draft.texts or may_commit(data):
        texts = _seal(fields, seq, draft.texts, random_bytes)
        data = canonical.encode(fields)
        body = _to_model(canonical.decode(data))
    if len(data) > MAX_BODY_BYTES:
        raise ValueError(
            f"a {draft.body.kind} entry of {len(data):,} bytes; at most {MAX_BODY_BYTES:,} fit"
        )
    return Packed(Entry(seq, now, draft.session, body), data, leaf_hash(data), texts)


def unpack(data: bytes) -> Entry:
    """Read an entry's body; `MalformedBodyError` says what is wrong with it."""
    try:
        return read_fields(canonical.decode(data))
    except canonical.NotCanonicalError as error:
        raise MalformedBodyError(str(error)) from error


def read_fields(fields: dict[str, object]) -> Entry:
    """Read the object that a canonical body decodes to."""
    seq, utc_us, mono_us = fields.get("seq"), fields.get("utc_us"), fields.get("mono_us")
    if type(seq) is not int or type(utc_us) is not int or type(mono_us) is not int:
        raise MalformedBodyError("seq, utc_us and mono_us are integers")
    if seq < 0 or utc_us < 0 or mono_us < 0:
        raise MalformedBodyError("seq, utc_us and mono_us are not negative")
    if not _matches(_RANDOM, fields.get("random")):
        raise MalformedBodyError(f"random is {RANDOM_BYTES} bytes in hex")
    session = fields.get("session", "")
    if not (session is None or (type(session) is str and _matches(_SESSION, session))):
        raise MalformedBodyError(f"session is null or {_SESSION_FORM}")
    body = _to_body(fields)
    if not _names_its_realm(session, body):
        raise MalformedBodyError("the session's id does not begin as its realm does")
    return Entry(seq, Moment(utc_us, mono_us), session, body)


def body_of(fields: Mapping[str, object]) -> Body:
    """Read a body that another one quotes; `MalformedBodyError` where it is of no known kind."""
    body = _to_body(fields)
    if isinstance(body, Unknown):
        raise MalformedBodyError(f"{body.kind} is no kind of this format")
    return body


def _to_body(fields: Mapping[str, object]) -> Body | Unknown:
    kind = fields.get("kind")
    if type(kind) is not str:
        raise MalformedBodyError("an entry names its kind")
    own = dict(fields)
    for name in COMMON:
        own.pop(name, None)
    model = KINDS.get(kind)
    if model is None:
        del own["kind"]
        return Unknown(kind, own)
    try:
        body = model.model_validate(own)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or kind
        raise MalformedBodyError(f"{where}: {first['msg']}") from error
    if len(own) != _FIELDS[kind]:
        raise MalformedBodyError("a field is missing")  # a default is no value of the entry's
    return body


def _to_model(fields: Mapping[str, object]) -> Body:
    body = _to_body(fields)
    if isinstance(body, Unknown):
        raise TypeError(f"{body.kind} is no kind of this format")
    return body


def _seal(
    fields: dict[str, object],
    seq: int,
    texts: Mapping[str, str],
    random_bytes: Callable[[int], bytes],
) -> tuple[SealedText, ...]:
    """Put commitments in place of what is to be sealed; return what they commit to."""
    waiting = dict(commitments(fields))
    if waiting.keys() != texts.keys():
        odd = ", ".join(sorted(waiting.keys() ^ texts.keys()))
        raise ValueError(f"a private text and its place do not pair: {odd}")
    sealed = []
    for place, digest in waiting.items():
        if digest != TO_BE_SEALED.hmac_sha256:
            raise ValueError(f"{place} is sealed already; a draft holds TO_BE_SEALED there")
        text = SealedText(seq, place, random_bytes(SALT_BYTES), texts[place])
        _at(fields, place)[_COMMITMENT] = commitment(text.salt, text.text)
        sealed.append(text)
    return tuple(sealed)


def _at(fields: dict[str, object], place: str) -> dict[str, object]:
    value: object = fields
    for step in place.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value[key]
        elif isinstance(value, list | tuple):
            value = value[int(key)]
    if not isinstance(value, dict):
        raise TypeError(f"{place} holds no commitment")
    return value


def _check_session(session: str | None) -> None:
    if session is not None and not _matches(_SESSION, session):
        raise ValueError(f"a session's id is {_SESSION_FORM}")


def _names_its_realm(session: str | None, body: Body | Unknown) -> bool:
    """A session's id begins with its realm, so that every entry in it says which it is."""
    return not isinstance(body, SessionOpened) or (session or "?")[0] == body.realm[0]


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
