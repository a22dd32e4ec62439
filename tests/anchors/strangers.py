"""Real strangers on the loopback: a time-stamping authority that is openssl's, a witness written
from the C2SP specification with nothing of ours, and servers that behave badly."""

import base64
import hashlib
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed here"
)

Reply = tuple[int, dict[str, str], bytes]
Behave = Callable[[str, bytes], Reply]


@contextmanager
def served(behave: Behave) -> Iterator[str]:
    """Answer every POST as ``behave`` says: path and body to status, headers, body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            status, headers, body = behave(self.path, self.rfile.read(length))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that speaks no HTTP of a library: ``serve`` gets each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=serve, args=(connection,), daemon=True).start()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


# -- a time-stamping authority -------------------------------------------------------------

_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
"""


class Authority:
    """A time-stamping authority: its own root and certificate, its answers made by openssl."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.root = folder / "ca.pem"
        self.certificate = folder / "tsa.pem"
        self.answers: list[bytes] = []
        _make_certificates(folder)
        (folder / "serial").write_text("01\n")
        (folder / "openssl.cnf").write_text(_CONFIG.format(folder=folder))

    def behave(self, _path: str, question: bytes) -> Reply:
        answer = self.answer(question)
        self.answers.append(answer)
        return 200, {"Content-Type": "application/timestamp-reply"}, answer

    def answer(self, question: bytes) -> bytes:
        query, reply = self.folder / "query.tsq", self.folder / "reply.tsr"
        query.write_bytes(question)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", self.folder / "openssl.cnf",
             "-queryfile", query, "-out", reply],
            check=True, capture_output=True,
        )  # fmt: skip
        return reply.read_bytes()


def openssl_verifies(text: Path, token: Path, authority: Authority) -> bool:
    """Whether openssl finds that the token is this authority's word for the text."""
    found = subprocess.run(
        ["openssl", "ts", "-verify", "-data", text, "-in", token, "-token_in",
         "-CAfile", authority.root],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ("Verification: OK" in found.stdout + found.stderr) == (found.returncode == 0)
    return found.returncode == 0


def _make_certificates(folder: Path) -> None:
    now = datetime.now(tz=UTC)
    ca_key, tsa_key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests Root")])
    tsa_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests TSA")])

    def begun(
        subject: x509.Name, key: serialization.PublicFormat | object
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(key)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    ca_identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        begun(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(ca_identifier, critical=False)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    tsa = (
        begun(tsa_name, tsa_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(tsa_key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_identifier),
            critical=False,
        )
        .add_extension(_usage(certificates=False), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "tsa.pem").write_bytes(tsa.public_bytes(pem))
    (folder / "tsa.key").write_bytes(
        tsa_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=certificates,
        crl_sign=certificates, encipher_only=False, decipher_only=False,
    )  # fmt: skip


# -- a witness -----------------------------------------------------------------------------


@dataclass
class Witness:
    """A witness as the specification has it: it remembers, and signs only what goes on.

    Written from c2sp.org/tlog-witness, tlog-cosignature and signed-note; the proof is checked
    as RFC 9162, section 2.1.4.2, says.
    """

    log_vkey: str
    name: str = "witness.example/w1"
    seconds: int = 1_800_000_100
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    size: int = 0
    root: bytes = b""
    asked: list[int] = field(default_factory=list)
    """The old size of each request."""

    @property
    def vkey(self) -> str:
        packed = base64.b64encode(b"\x04" + self._public).decode()
        return f"{self.name}+{self._key_id.hex()}+{packed}"

    @property
    def _public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def _key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n\x04" + self._public).digest()[:4]

    def behave(self, path: str, body: bytes) -> Reply:
        if path != "/add-checkpoint":
            return 404, {}, b""
        head, _, note = body.decode().partition("\n\n")
        old_line, *proof_lines = head.split("\n")
        old = int(old_line.removeprefix("old "))
        self.asked.append(old)
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        origin, size_line, root_line = text.splitlines()[:3]
        size, root = int(size_line), base64.b64decode(root_line)
        log_name, log_id, packed = self.log_vkey.split("+", 2)
        if origin != log_name:
            return 404, {}, b"unknown log\n"
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(packed)[1:])
        good = False
        for line in signatures.splitlines():
            name, signed = line.removeprefix("\N{EM DASH} ").split(" ")
            data = base64.b64decode(signed)
            if name == log_name and data[:4].hex() == log_id:
                key.verify(data[4:], text.encode())
                good = True
        if not good:
            return 403, {}, b"no signature of the log\n"
        if old > size:
            return 400, {}, b"old is larger\n"
        if old != self.size:
            return 409, {"Content-Type": "text/x.tlog.size"}, f"{self.size}\n".encode()
        if old == size and root != self.root:
            return 409, {"Content-Type": "text/x.tlog.size"}, f"{self.size}\n".encode()
        proof = [base64.b64decode(line) for line in proof_lines]
        if not _consistent(old, size, self.root, root, proof):
            return 422, {}, b"the proof does not verify\n"
        self.size, self.root = size, root
        return 200, {}, self.line(text).encode()

    def line(self, text: str) -> str:
        """The signature line under a checkpoint."""
        message = f"cosignature/v1\ntime {self.seconds}\n{text}".encode()
        packed = self._key_id + self.seconds.to_bytes(8, "big") + self.private.sign(message)
        return f"\N{EM DASH} {self.name} {base64.b64encode(packed).decode()}\n"


def _consistent(first: int, second: int, old: bytes, new: bytes, proof: list[bytes]) -> bool:
    if first in (0, second):
        return not proof and (first == 0 or old == new)
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, old)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = _node(c, fr), _node(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old and sr == new and sn == 0


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
