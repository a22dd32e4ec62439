"""A frame on the line, decoded for engineers."""

from enum import Enum, Flag

from injector.control.snapshot import FrameView
from injector.protocol.fieldmap import FieldMap
from injector.protocol.framing import FLAG, STOP_BYTES, BadFrame, FrameDecoder, GoodFrame, StopSeen
from injector.protocol.messages import Packet, decode_reply, decode_request


def frame_words(frame: FrameView) -> str:
    """What the frame says: its message, its id and every field; or why it says nothing."""
    if frame.line == STOP_BYTES:
        return "STOP, past every queue"
    # Cut where frames meet, its opening flag may have closed the one before.
    found = []
    for event in FrameDecoder().feed(bytes([FLAG]) + frame.line):
        match event:
            case GoodFrame():
                found.append(_message(event.payload, out=frame.out))
            case BadFrame():
                found.append(f"BAD FRAME: {event.cause.name.lower()}")
            case StopSeen():
                found.append("STOP")
    return "; ".join(found) or "noise"


def frame_hex(frame: FrameView) -> str:
    """The bytes as they were on the line."""
    return frame.line.hex(" ")


def _message(payload: bytes, *, out: bool) -> str:
    packet = decode_request(payload) if out else decode_reply(payload)
    if not isinstance(packet, Packet):
        return f"BAD MESSAGE: {packet.name.lower()}"
    message = packet.message
    number = "pushed" if packet.id == 0 else f"#{packet.id}"
    return f"{type(message).__name__} {number} {_fields(message)}".rstrip()


def _fields(of: FieldMap) -> str:
    return " ".join(f"{name}={_value(getattr(of, name))}" for name in type(of).model_fields)


def _value(value: object) -> str:
    if isinstance(value, FieldMap):
        return f"({_fields(value)})"
    if isinstance(value, Flag):
        return "|".join((each.name or "?").lower() for each in value) or "-"
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
