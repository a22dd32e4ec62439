"""Engineers see the frames that pass; nobody else pays for it, and the line is not touched."""

from injector.control.tap import SHOWN, Tap
from injector.protocol.framing import STOP_BYTES, encode_frame
from injector.protocol.host import LinkStatistics


def test_frames_are_cut_at_their_flags_however_the_bytes_came() -> None:
    first, second = encode_frame(b"one"), encode_frame(b"\x7e two")
    whole, piecemeal = Tap(), Tap()
    whole.came(first + second, 5)
    for byte in first + second:
        piecemeal.came(bytes([byte]), 5)
    for tap in (whole, piecemeal):
        assert [frame.line for frame in tap.view(None).frames] == [first, second]
        assert not any(frame.out for frame in tap.view(None).frames)


def test_noise_without_an_end_is_cut_and_frames_after_it_are_seen() -> None:
    tap = Tap()
    tap.came(bytes(range(0x20, 0x70)) * 100, 1)
    tap.came(encode_frame(b"sound"), 2)
    frames = tap.view(None).frames
    assert max(len(frame.line) for frame in frames) <= 512
    assert encode_frame(b"sound")[1:] in frames[-1].line


def test_only_the_newest_are_carried_and_their_numbers_tell_what_was_skipped() -> None:
    tap = Tap()
    for number in range(SHOWN + 10):
        tap.went(encode_frame(bytes([number])), number)
    frames = tap.view(None).frames
    assert [frame.number for frame in frames] == list(range(11, SHOWN + 11))


def test_a_round_trip_is_from_the_last_sending_to_the_answer_and_stop_has_none() -> None:
    tap = Tap()
    for sent, came in ((0, 4_000), (10_000, 12_000), (20_000, 29_000)):
        tap.went(encode_frame(b"ask"), sent)
        tap.answered(came)
    tap.went(STOP_BYTES, 40_000)
    tap.answered(50_000)
    view = tap.view(None)
    assert (view.trip_last_us, view.trip_median_us, view.trip_most_us) == (9_000, 4_000, 9_000)
    assert view.frames[-1].line == STOP_BYTES


def test_a_beat_that_leaves_late_is_counted_and_a_new_link_begins_anew() -> None:
    tap = Tap()
    for at_us in (0, 100_000, 205_000, 330_000):
        tap.beat(at_us)
    assert (tap.view(None).beats, tap.view(None).beats_late) == (4, 1)
    tap.began()
    tap.beat(900_000)
    assert tap.view(None).beats_late == 1


def test_counts_are_those_of_the_link() -> None:
    counted = LinkStatistics(requests=7, repeats=2, replies=6, pushed=3, late=1, bad_by_device=1)
    view = Tap().view(counted)
    assert (view.sent, view.heard, view.repeats, view.late) == (9, 11, 2, 1)
    assert (view.bad_here, view.bad_by_device) == (0, 1)
    assert view.trip_last_us is None
