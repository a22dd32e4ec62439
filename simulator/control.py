"""The control channel: a Unix socket that takes acts as JSON lines.

Each connection is a hand on the gun. A line is answered when it is done, in the
order of the lines: ``{"ok": true}``, with what there was to see, or ``{"error": ...,
"right": ...}`` for a line that is none; the channel goes on after it.
"""

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from simulator.acts import LineError, State, parse_line
from simulator.device import Device
from simulator.endpoints import EndpointError
from simulator.hand import Hand, Shown

_READ_BYTES: Final = 65_536
_MAX_LINE: Final = 20_000


class _Client:
    """One connection and its hand."""

    def __init__(self, line: socket.socket, hand: Hand) -> None:
        self.line = line
        self.hand = hand
        self.buffer = bytearray()
        self.lines = 0
        self.waiting: dict[int, LineError] = {}
        """Bad lines, by number, until their turn to be answered comes."""
        self.answered = 0
        self.output = bytearray()


class ControlServer:
    """Serves the channel at ``path``. Raises ``EndpointError`` where it cannot."""

    def __init__(self, path: Path, device: Device) -> None:
        self._path = path
        self._device = device
        self._clients: dict[int, _Client] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _clear(path)
            self._listener.bind(str(path))
        except OSError as error:
            self._listener.close()
            raise EndpointError(
                f"{path}: {error.strerror or error}; give a path that is free, and short"
            ) from error
        self._listener.listen()
        self._listener.setblocking(False)

    def files(self) -> Iterator[int]:
        """Yield the descriptors on which :meth:`read` has something to do."""
        yield self._listener.fileno()
        yield from self._clients

    def unsent(self) -> Iterator[int]:
        """Yield the descriptors that :meth:`answer` has more to write to."""
        for file, client in self._clients.items():
            if client.output:
                yield file

    def read(self, file: int) -> None:
        """Take what came on ``file``; whole lines go to the client's hand."""
        if file == self._listener.fileno():
            with contextlib.suppress(OSError):
                line, _ = self._listener.accept()
                line.setblocking(False)
                self._clients[line.fileno()] = _Client(line, self._device.hand())
            return
        client = self._clients.get(file)
        if client is None:
            return
        try:
            data = client.line.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(file)
            return
        client.buffer += data
        while (end := client.buffer.find(b"\n")) >= 0:
            line_bytes = bytes(client.buffer[:end])
            del client.buffer[: end + 1]
            self._take(client, line_bytes)
        if len(client.buffer) > _MAX_LINE:
            client.buffer.clear()
            self._take(client, b" " * (_MAX_LINE + 1))

    def answer(self) -> None:
        """Send what the hands have to tell."""
        for file, client in list(self._clients.items()):
            done = client.hand.take_done()
            while done or client.answered + 1 in client.waiting:
                client.answered += 1
                wrong = client.waiting.pop(client.answered, None)
                client.output += _answer(done.pop(0) if wrong is None else wrong)
            if client.output:
                self._send(file, client)

    def close(self) -> None:
        """End every connection and remove the socket."""
        for file in list(self._clients):
            self._drop(file)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _take(self, client: _Client, line: bytes) -> None:
        client.lines += 1
        try:
            client.hand.feed(parse_line(line.decode("utf-8")))
        except UnicodeDecodeError:
            client.waiting[client.lines] = LineError("not UTF-8", State.RIGHT)
        except LineError as error:
            client.waiting[client.lines] = error

    def _send(self, file: int, client: _Client) -> None:
        try:
            sent = client.line.send(client.output)
        except BlockingIOError:
            return
        except OSError:
            self._drop(file)
            return
        del client.output[:sent]

    def _drop(self, file: int) -> None:
        client = self._clients.pop(file)
        self._device.drop(client.hand)
        client.line.close()


def _clear(path: Path) -> None:
    """Remove the socket of a gun that was killed: one that nobody listens on any more."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        try:
            trial.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()


def _answer(result: Shown | LineError) -> bytes:
    said: Shown
    if isinstance(result, LineError):
        said = {"error": result.wrong, "right": result.right}
    else:
        said = {"ok": True, **result}
    return json.dumps(said).encode("ascii") + b"\n"
