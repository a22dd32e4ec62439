"""Time-stamp tokens (RFC 3161): an authority's word for when a text was there.

A token is a signed CMS structure that holds the SHA-256 of what was stamped and a time. It
stands by itself: with the authority's certificates anybody can check it (``openssl ts``),
without them one can still read what it is about.

The library reads whole responses, so a token is put back into one that says "granted". And it
reads DER to the letter, in which the certificates stand in the order of their bytes; openssl
writes the signer's first. No signature is over that order, so it is mended before reading. What
is kept is what came.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from rfc3161_client import (
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import PKIStatus

_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_GRANTED: Final = b"\x30\x03\x02\x01\x00"
"""PKIStatusInfo: status 0 and nothing else."""
MOST_BYTES: Final = 30_000
"""A longer token does not go into an entry."""


class TokenError(ValueError):
    """Bytes that are no time-stamp token, or one that does not say what it should."""


class TokenRefusedError(TokenError):
    """A response in which the authority says no."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says; nothing of it is known to be true before `check`."""

    der: bytes
    hashed_with: str
    """Object identifier of the hash."""
    imprint: bytes
    at_utc_us: int
    nonce: int | None

    def covers(self, text: str) -> bool:
        """Whether it is about this text: by its SHA-256."""
        return (self.hashed_with, self.imprint) == (_SHA256, imprint_of(text))

    def check(self, text: str, certificates: Sequence[x509.Certificate]) -> None:
        """Raise `TokenError` unless an authority of these ``certificates`` signed it for ``text``.

        Certificates need to have been valid at the time it names, not now.
        """
        _verify(_response(self.der), text, certificates)


def imprint_of(text: str) -> bytes:
    """Return what an authority is asked to stamp: the SHA-256 of the text."""
    return hashlib.sha256(text.encode()).digest()


def read_token(der: bytes) -> Token:
    """Read a token; `TokenError` when it is none."""
    return _read(_response(der))


def read_response(answer: bytes) -> Token:
    """Read the token out of a whole response; `TokenError` when there is none in it."""
    response = _decode(answer)
    if response.status != PKIStatus.GRANTED:
        said = ", ".join(response.status_string)[:200]
        raise TokenRefusedError(f"status {response.status}{said and ': '}{said}")
    return _read(response)


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Read an authority's certificates (PEM); `TokenError` when there is none among them."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise TokenError("no certificates in PEM") from error


def _response(der: bytes) -> TimeStampResponse:
    inside = _GRANTED + der
    size = len(inside)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    head = bytes([size]) if size < 0x80 else bytes([0x80 | len(length)]) + length
    return _decode(b"\x30" + head + inside)


def _decode(data: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(_in_order(data))
    except ValueError as error:
        raise TokenError("not a time-stamp response") from error


class _Element(NamedTuple):
    """One element of DER, by where it stands."""

    tag: int
    start: int
    content: int
    end: int


def _elements(data: bytes, start: int, end: int) -> list[_Element]:
    """Return the elements between two places; ValueError where they are not whole."""
    found = []
    while start < end:
        head = data[start : start + 6]
        if len(head) < 2:
            raise ValueError("an element is cut off")
        more = head[1] & 0x7F if head[1] & 0x80 else 0
        size = int.from_bytes(head[2 : 2 + more], "big") if more else head[1]
        content = start + 2 + more
        if more > 4 or content + size > end:
            raise ValueError("an element is longer than what holds it")
        found.append(_Element(head[0], start, content, content + size))
        start = content + size
    return found


def _in_order(data: bytes) -> bytes:
    """Return a response with its certificates in DER's order; as it is where it has none."""
    place = _Element(0, 0, 0, len(data))
    # response, token, [0], signed data, [0] certificates: their tags, the first that fits
    for tag, nth in ((0x30, 0), (0x30, 1), (0xA0, 0), (0x30, 0), (0xA0, 0)):
        fitting = [e for e in _elements(data, place.content, place.end) if e.tag == tag]
        if len(fitting) <= nth:
            return data
        place = fitting[nth]
    inside = [data[e.start : e.end] for e in _elements(data, place.content, place.end)]
    return data[: place.content] + b"".join(sorted(inside)) + data[place.end :]


def _read(response: TimeStampResponse) -> Token:
    try:
        info, der = response.tst_info, response.time_stamp_token()
        since = info.gen_time - _EPOCH
        return Token(
            der=der,
            hashed_with=info.message_imprint.hash_algorithm.dotted_string,
            imprint=info.message_imprint.message,
            at_utc_us=since // timedelta(microseconds=1),
            nonce=info.nonce,
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise TokenError("not a time-stamp token") from error


def _verify(
    response: TimeStampResponse, text: str, certificates: Sequence[x509.Certificate]
) -> None:
    builder = VerifierBuilder()
    own = [each for each in certificates if each.subject == each.issuer]
    if not own:
        raise TokenError("no root among the certificates (one that is its own issuer)")
    for each in certificates:
        if each in own:
            builder = builder.add_root_certificate(each)
        else:
            builder = builder.add_intermediate_certificate(each)
    try:
        builder.build().verify(response, imprint_of(text))
    except (VerificationError, ValueError) as error:
        raise TokenError(str(error)) from error
