"""A time stamp from an authority: openssl's own answers, checked by us and by openssl."""

import base64
import socket
from pathlib import Path

import pytest
from cryptography.x509 import Certificate

from injector.anchors.failure import AnchorError, Why
from injector.anchors.timestamp import stamp
from injector.shotlog.timestamp_token import (
    Token,
    TokenError,
    read_certificates,
    read_token,
)
from tests.anchors.strangers import (
    Authority,
    Reply,
    needs_openssl,
    nobody,
    openssl_verifies,
    raw,
    served,
)

pytestmark = needs_openssl
TEXT = "injector.invalid/00\n28\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
OTHER = TEXT.replace("28", "29")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


def roots(of: Authority) -> tuple[Certificate, ...]:
    return read_certificates(of.root.read_bytes())


@pytest.fixture(scope="module")
def token(authority: Authority) -> Token:
    with served(authority.behave) as url:
        return stamp(url, TEXT, roots(authority))


def test_a_token_of_the_authority_verifies_here_and_with_openssl(
    authority: Authority, token: Token, tmp_path: Path
) -> None:
    assert token.covers(TEXT)
    token.check(TEXT, roots(authority))
    text, file = tmp_path / "text", tmp_path / "token"
    text.write_text(TEXT)
    file.write_bytes(token.der)
    assert openssl_verifies(text, file, authority)


def test_for_another_text_the_token_verifies_nowhere(
    authority: Authority, token: Token, tmp_path: Path
) -> None:
    assert not token.covers(OTHER)
    with pytest.raises(TokenError, match="Mismatch"):
        token.check(OTHER, roots(authority))
    text, file = tmp_path / "text", tmp_path / "token"
    text.write_text(OTHER)
    file.write_bytes(token.der)
    assert not openssl_verifies(text, file, authority)


def test_every_changed_byte_of_the_time_and_of_the_signature_is_found(
    authority: Authority, token: Token
) -> None:
    """The last bytes are the signature; what it covers holds imprint and time."""
    at = token.der.index(token.imprint)
    places = [at, at + 31, token.der.index(b"Z\x30\x03\x02\x01") - 1, len(token.der) - 1]
    for place in places:
        changed = bytearray(token.der)
        changed[place] ^= 1
        with pytest.raises(TokenError):
            read_token(bytes(changed)).check(TEXT, roots(authority))


def test_an_authority_that_the_settings_do_not_name_is_not_believed(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    with served(other.behave) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority))
    assert caught.value.why is Why.NOT_SIGNED


def test_an_answer_that_somebody_kept_is_not_taken_again(authority: Authority) -> None:
    with served(authority.behave) as url:
        stamp(url, TEXT, roots(authority))
    kept = authority.answers[-1]
    with served(lambda *_: (200, {}, kept)) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority))
    assert caught.value.why is Why.OTHER_QUESTION


def test_an_answer_about_another_text_is_not_taken(authority: Authority) -> None:
    with served(authority.behave) as url:
        stamp(url, OTHER, roots(authority))
    kept = authority.answers[-1]
    with served(lambda *_: (200, {}, kept)) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority))
    assert caught.value.why is Why.OTHER_TEXT


def test_a_refusal_is_told_as_one(authority: Authority) -> None:
    """openssl refuses what it cannot read, in a response of its own."""
    with (
        served(lambda _, asked: (200, {}, authority.answer(asked[:-3] + b"\x01\x01\x00"))) as url,
        pytest.raises(AnchorError) as caught,
    ):
        stamp(url, TEXT, roots(authority))
    assert caught.value.why in (Why.REFUSED, Why.NOT_SIGNED, Why.OTHER_QUESTION)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((200, {}, b"<html>welcome to the hotel's network</html>"), Why.MALFORMED),
        ((200, {}, b""), Why.MALFORMED),
        ((200, {}, bytes.fromhex("30053003020102")), Why.REFUSED),
        ((200, {}, bytes.fromhex("30053003020100")), Why.MALFORMED),
        ((200, {}, b"\x30" * 65_537), Why.TOO_LONG),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), Why.STATUS),
        ((500, {}, b"busy"), Why.STATUS),
        ((407, {}, b""), Why.STATUS),
    ],
    ids=[
        "a_page",
        "empty",
        "refused",
        "granted_without_token",
        "too_long",
        "redirect",
        "500",
        "407",
    ],
)
def test_what_is_no_answer_is_not_taken(authority: Authority, reply: Reply, why: Why) -> None:
    with served(lambda *_: reply) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority))
    assert caught.value.why is why


def test_a_redirect_is_not_followed(authority: Authority) -> None:
    with served(authority.behave) as real:
        before = len(authority.answers)
        with (
            served(lambda *_: (307, {"Location": real}, b"")) as url,
            pytest.raises(AnchorError),
        ):
            stamp(url, TEXT, roots(authority))
        assert len(authority.answers) == before


def test_a_proxy_of_the_environment_is_not_used(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody())
    with served(authority.behave) as url:
        assert stamp(url, TEXT, roots(authority)).covers(TEXT)


def test_where_nobody_listens_the_place_is_unreachable(authority: Authority) -> None:
    with pytest.raises(AnchorError) as caught:
        stamp(nobody(), TEXT, roots(authority))
    assert caught.value.why is Why.UNREACHABLE


def test_a_server_that_says_nothing_is_left_in_time(authority: Authority) -> None:
    def silent(connection: socket.socket) -> None:
        with connection:
            while connection.recv(4096):
                pass

    with raw(silent) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority), deadline_s=0.2)
    assert caught.value.why is Why.TOO_LATE


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_left_in_time(
    authority: Authority, where: str
) -> None:
    """Each byte comes well within a timeout of its own; all of them together do not."""
    head = b"" if where == "head" else b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"

    def dripping(connection: socket.socket) -> None:
        with connection:
            connection.sendall(head or b"HTTP/1.1 200 OK\r\nX-Long: ")
            connection.settimeout(0.02)
            for _ in range(1_000):
                try:
                    if connection.recv(4096) == b"":
                        return
                except TimeoutError:
                    pass
                except OSError:
                    return
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with raw(dripping) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority), deadline_s=0.5)
    assert caught.value.why is Why.TOO_LATE


def test_an_answer_that_breaks_off_is_not_taken(authority: Authority) -> None:
    def short(connection: socket.socket) -> None:
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123")

    with raw(short) as url, pytest.raises(AnchorError) as caught:
        stamp(url, TEXT, roots(authority))
    assert caught.value.why is Why.UNREACHABLE


def test_a_token_is_read_or_refused_whatever_the_bytes(token: Token) -> None:
    """Every cut and every flipped byte of the first kilobyte: a token, or a TokenError."""
    for at in range(len(token.der)):
        changed = bytearray(token.der)
        changed[at] ^= 0xFF
        for data in (bytes(changed), token.der[:at]):
            try:
                found = read_token(data)
            except TokenError:
                continue
            assert isinstance(found.at_utc_us, int)


def test_a_token_kept_as_base64_is_the_same_token(token: Token) -> None:
    assert read_token(base64.b64decode(base64.b64encode(token.der))) == token
