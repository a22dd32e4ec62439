"""From a draft to the bytes of an entry, and back.

A body is one flat object: what the writer adds (`COMMON`) beside the fields of the
kind. Private texts are sealed here: the commitment goes into the body, salt and
text go beside it.

Most entries are of a few kinds whose every field has a name and a type. For these there is a
short way: pydantic reads the bytes in one go, and writes what it read, and both must be equal.
Its fields stand in canonical order, and numbers and texts are spelled as RFC 8785 has it, so
that this says the same as `canonical.decode` and the model say on the long way. Whatever the
short way does not take goes the long one, which also says what is wrong.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin

from pydantic import StringConstraints, ValidationError, create_model
from pydantic_core import PydanticSerializationError, PydanticSerializationUnexpectedValue

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
from injector.shotlog.fields import TO_BE_SEALED, Count, Record
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.schema import MAX_BODY_BYTES

RANDOM_BYTES: Final = 16
SALT_BYTES: Final = 32
COMMON: Final = frozenset({"seq", "random", "utc_us", "mono_us", "session"})
_COMMITMENT: Final = "hmac_sha256"
COMMITMENT: Final = b'"hmac_sha256"'
"""Stands in every body that holds a commitment."""
_FIELDS: Final = {kind: len(model.model_fields) for kind, model in KINDS.items()}
"""How many fields a body of each kind has."""
_RANDOM: Final = re.compile(f"[0-9a-f]{{{2 * RANDOM_BYTES}}}")
_SESSION_FORM: Final = "t (training) or c (clinical) and 16 hex characters"
_SESSION: Final = re.compile("[tc][0-9a-f]{16}")
_KIND: Final = b'"kind":"'
_RandomHex = Annotated[str, StringConstraints(pattern=f"^[0-9a-f]{{{2 * RANDOM_BYTES}}}$")]
_SessionId = Annotated[str, StringConstraints(pattern="^[tc][0-9a-f]{16}$")]


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
    return COMMITMENT in body


def pack(
    draft: Draft, seq: int, now: Moment, random: bytes, random_bytes: Callable[[int], bytes]
) -> Packed:
    """Make the entry that ``draft`` becomes at ``seq``.

    ``random`` are its own 16 bytes; ``random_bytes`` gives salts. Raises ValueError
    when the draft cannot be an entry: a session id that is none, a text without its
    place or a place without its text, a body over 60,000 bytes.
    """
    _check_session(draft.session)
    quick = None if draft.texts else _quick_pack(draft, seq, now, random)
    if quick is not None:
        return quick
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
    quick = _quick_read(data)
    if quick is not None:
        return quick
    try:
        return read_fields(canonical.decode(data))
    except canonical.NotCanonicalError as error:
        raise MalformedBodyError(str(error)) from error


@lru_cache(maxsize=512)  # a start reads what the one before it read, and a recall again
def unpack_again(data: bytes) -> Entry:
    """Read an entry's body as `unpack` does, where the same one is likely to be read again."""
    return unpack(data)


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


# -- the short way -----------------------------------------------------------------------


class _Short(NamedTuple):
    """How entries of one kind are read and written at once."""

    model: type[Any]
    whole: type[Any]
    """The same with what the writer adds."""
    names: tuple[str, ...]
    """Of all fields, as the canonical form has them."""
    read: Callable[[bytes], Any]
    write: Callable[..., bytes]
    flat: bool
    """No record stands in it: what stands in it is in the order in which it was made."""


def _quick_read(data: bytes) -> Entry | None:
    """Read a body the short way; None where that does not say for certain that it is one."""
    # A text that holds this has its quotes escaped. Where it is the key of something inside,
    # the body does not fit that kind.
    at = data.find(_KIND) + len(_KIND)
    short = _short(data[at : data.find(b'"', at)])
    if short is None:
        return None
    try:
        whole = short.read(data)
        if short.write(whole) != data:
            return None
    except (ValidationError, PydanticSerializationError):
        return None
    take = whole.__dict__.pop
    take("random")
    entry = Entry(take("seq"), Moment(take("utc_us"), take("mono_us")), take("session"), whole)
    # Without what the writer added it is a record of its kind and of no other.
    object.__setattr__(whole, "__class__", short.model)
    return entry


def _quick_pack(draft: Draft, seq: int, now: Moment, random: bytes) -> Packed | None:
    """Pack a draft the short way; None where that is not for certain right."""
    short = _short(draft.body.kind.encode())
    if short is None or not short.flat:
        return None
    fields: dict[str, object] = {
        **draft.body.__dict__,
        "seq": seq,
        "random": random.hex(),
        "utc_us": now.utc_us,
        "mono_us": now.mono_us,
        "session": draft.session,
    }
    ordered = {name: fields[name] for name in short.names}
    whole = _made(short.whole, ordered)
    try:
        data: bytes = short.write(whole, warnings="error")
    except (PydanticSerializationError, PydanticSerializationUnexpectedValue):
        return None
    if len(data) > MAX_BODY_BYTES or canonical.may_be_too_large(data):
        return None
    return Packed(Entry(seq, now, draft.session, draft.body), data, leaf_hash(data), ())


def _made(model: type[Any], fields: dict[str, object]) -> Any:
    """Make a record of fields that are known to be right."""
    made: Any = object.__new__(model)
    put = object.__setattr__
    put(made, "__dict__", fields)
    put(made, "__pydantic_fields_set__", set(fields))
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


@cache
def _short(kind: bytes) -> _Short | None:
    model = KINDS.get(kind.decode(errors="replace"))
    if model is None or _is_free(model):
        return None
    whole: type[Record] = create_model(
        model.__name__,
        __base__=model,
        seq=(Count, ...),
        utc_us=(Count, ...),
        mono_us=(Count, ...),
        random=(_RandomHex, ...),
        session=(_SessionId | None, ...),
    )
    whole.model_rebuild()
    flat = not any(_holds_record(field.annotation) for field in model.model_fields.values())
    return _Short(
        model,
        whole,
        tuple(sorted(model.model_fields.keys() | COMMON)),
        whole.__pydantic_validator__.validate_json,
        whole.__pydantic_serializer__.to_json,
        flat,
    )


def _is_free(annotation: object) -> bool:
    """Whether anything in a type has fields that no kind names."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return any(_is_free(field.annotation) for field in annotation.model_fields.values())
    return get_origin(annotation) is dict or any(map(_is_free, get_args(annotation)))


def _holds_record(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return True
    return any(map(_holds_record, get_args(annotation)))


# -- the long way ------------------------------------------------------------------------


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
