"""Asking a time-stamping authority (RFC 3161) for a token over a checkpoint.

What is stamped is the SHA-256 of the checkpoint's three lines. The request carries a nonce,
so that an answer that somebody kept does not pass, and the answer is checked against the
certificates of the settings before it is believed.
"""

from collections.abc import Sequence
from typing import Final

from cryptography.x509 import Certificate
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from injector.anchors.exchange import DEADLINE_S, post
from injector.anchors.failure import AnchorError, Why
from injector.shotlog.timestamp_token import (
    MOST_BYTES,
    Token,
    TokenError,
    TokenRefusedError,
    read_response,
)

_ASK: Final = "application/timestamp-query"
_ANSWER: Final = "application/timestamp-reply"
_OK: Final = 200


def stamp(
    url: str, text: str, certificates: Sequence[Certificate], *, deadline_s: float = DEADLINE_S
) -> Token:
    """Return a token over ``text``, checked; `AnchorError` where none was given.

    The nonce is the library's: 64 bits of the system's randomness.
    """
    request = (
        TimestampRequestBuilder()
        .data(text.encode())
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    answer = post(url, request.as_bytes(), _ASK, accept=_ANSWER, deadline_s=deadline_s)
    if answer.status != _OK:
        raise AnchorError(Why.STATUS, str(answer.status))
    try:
        token = read_response(answer.body)
    except TokenRefusedError as error:
        raise AnchorError(Why.REFUSED, str(error)) from error
    except TokenError as error:
        raise AnchorError(Why.MALFORMED, str(error)) from error
    if len(token.der) > MOST_BYTES:
        raise AnchorError(Why.TOO_LONG, f"a token of {len(token.der)} bytes")
    if not token.covers(text):
        raise AnchorError(Why.OTHER_TEXT)
    if token.nonce != request.nonce:
        raise AnchorError(Why.OTHER_QUESTION)
    try:
        token.check(text, certificates)
    except TokenError as error:
        raise AnchorError(Why.NOT_SIGNED, str(error)) from error
    return token
