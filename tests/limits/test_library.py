"""The limit library: what a file must say, and how it is told what is wrong."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.limits.bound import DepthBound, Strength
from injector.limits.faults import MAX_FILE_BYTES
from injector.limits.library import Library, LibraryError
from injector.limits.setpoint import (
    MAX_BURST,
    MAX_FIGURE,
    Burst,
    Perfusion,
    Setpoint,
    Single,
)
from injector.limits.written import Range

HEAD = 'format = 1\nname = "test"\nversion = "1"\n'
FROM = 'source = "s", strength = "weak"'


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(LibraryError) as refused:
        Library.parse(text)
    assert str(refused.value) == "\n".join(str(fault) for fault in refused.value.faults)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.rule("R-DEPTH", "R-VOLUME", "R-SESSION", "R-PACE", "R-FIELD")
def test_the_shipped_library_has_the_figures_of_its_sources(shipped: Library) -> None:
    technique = shipped.figures.technique
    bounds = {
        f"{code}.{figure}": (bound.hard, bound.soft, bound.strength.value)
        for code, each in technique.items()
        for figure, bound in (("depth", each.depth), ("volume", each.volume))
        if bound is not None
    }
    assert bounds == {
        "intra_epidermal.depth": (Range(0, 400), None, "society"),
        "intra_epidermal.volume": (Range(0, 10_000), None, "none"),
        "papule.depth": (Range(0, 2_000), Range(1_000, 2_000), "weak"),
        "papule.volume": (Range(0, 200_000), Range(0, 100_000), "weak"),
        "nappage.depth": (Range(0, 4_000), Range(0, 2_000), "weak"),
        "nappage.volume": (Range(0, 50_000), Range(10_000, 40_000), "weak"),
        "point_by_point.depth": (Range(0, 13_000), Range(4_000, 6_000), "society"),
        "point_by_point.volume": (Range(0, 200_000), Range(0, 100_000), "weak"),
    }
    groups = {
        code: (group.volume.hard.most, group.volume.soft.most)
        for code, group in shipped.figures.group.items()
        if group.volume and group.volume.soft
    }
    assert groups == {"face": (6_000_000, 2_000_000), "body": (20_000_000, 10_000_000)}
    assert shipped.figures.session.shots is not None
    assert shipped.figures.session.shots.hard.most == 1_000
    assert shipped.figures.shot.cadence is not None
    assert shipped.figures.shot.cadence.hard.most == 540
    assert [needle.length for needle in shipped.figures.needle.values()] == [4_000, 6_000, 13_000]
    assert [syringe.volume for syringe in shipped.figures.syringe.values()] == [
        2_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
    ]


@pytest.mark.rule("R-ZONE-DEPTH", "R-13-MM", "R-FIELD")
def test_every_shipped_zone_bounds_its_depth_and_thirteen_millimetres_only_where_it_may(
    shipped: Library,
) -> None:
    depths = {code: zone.depth for code, zone in shipped.figures.zone.items()}
    assert len(depths) == 13
    assert all(depths.values())
    deep = {code for code, depth in depths.items() if depth and depth.hard.most >= 13_000}
    assert deep == {"back", "abdomen", "shoulder", "hip", "limbs"}


@pytest.mark.rule("R-DIGEST")
def test_the_digest_is_that_of_the_file_to_the_byte() -> None:
    for text in (HEAD, HEAD.replace("\n", "\r\n"), HEAD + "# µ\n"):
        library = Library.parse(text)
        assert library == Library.parse(text.encode())
        assert library.text == text
        assert library.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.rule("R-LIBRARY-FAULTS", "R-13-MM", "R-PACE")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "format: missing; a library file begins with `format = 1`"),
        ("format = 2", "format: this program reads format 1, and the file says 2"),
        ('format = "1"', "format: this program reads format 1, and the file says '1'"),
        ("format = 1.0", "format: this program reads format 1, and the file says 1.0"),
        ("format = true", "format: this program reads format 1, and the file says True"),
        ("format = 1\nname = ", "end of document: not TOML: Invalid value"),
        ("x = 1\nx = 2", "end of document: not TOML: Cannot overwrite a value"),
        ("x = 1\nx = 2\n", "line 2, column 6: not TOML: Cannot overwrite a value"),
        (b"x = 1\n\xff", "line 2: not UTF-8 text; save the file in UTF-8"),
        ("\ud800", "line 1: not UTF-8 text; save the file in UTF-8"),
        pytest.param(
            "a = " + "[" * 3_000, "not usable: arrays or tables are nested too deeply", id="nested"
        ),
        pytest.param(
            "#" * (MAX_FILE_BYTES + 1), "longer than 1,000,000 bytes, which no such file", id="long"
        ),
        (
            HEAD + "x = 1",
            "x: unknown key; known here: checklist, class, contraindication, device_class, format,",
        ),
        (HEAD + "[shot]\nflo = 1", "shot.flo: unknown key; known here: cadence, flow"),
        (HEAD + "[technique.Papule]\nname = 'x'", "technique.Papule: 'Papule' is no code;"),
        (
            HEAD + "[technique.t]\nname = 't'\nmodes = ['often']",
            "technique.t.modes 1: 'often' is none of 'single', 'repeat', 'burst' or 'perfusion'",
        ),
        (HEAD + "[needle.n]\nlength = 4", "needle.n.length: a depth is text in quotes with its"),
        (HEAD + "[needle.n]\nlength = '0 mm'", "needle.n.length: '0 mm': must be at least"),
        (
            HEAD + f"[session]\nshots = {{ hard = '1000', {FROM} }}",
            "session.shots.hard: a number of shots is a whole number without quotes, as in 1000",
        ),
        (
            HEAD + f"[session]\nvolume = {{ hard = '1 mL to 2 mL', {FROM} }}",
            "session.volume: a total has a most and no least; write one amount",
        ),
        (
            HEAD + f"[shot]\nflow = {{ hard = '2 µL/s', soft = '3 µL/s', {FROM} }}",
            "shot.flow: the soft range must lie inside the hard one",
        ),
        (
            HEAD + f"[shot]\nflow = {{ hard = '3 µL/s to 2 µL/s', {FROM} }}",
            "shot.flow.hard: '3 µL/s to 2 µL/s': a range goes up",
        ),
        (
            HEAD + "[shot]\nflow = { hard = '2 µL/s', source = 's', strength = 'strong' }",
            "shot.flow.strength: 'strong' is none of 'society', 'label', 'paper', 'weak' or 'none'",
        ),
        (
            HEAD + f"[shot]\nflow = {{ hard = '2 µL/s', {FROM} }}".replace('"s"', r'"\u001b[2J"'),
            "shot.flow.source: must be one line without control characters",
        ),
        (
            HEAD + "[zone.face]\nname = 'face'\ngroup = 'head'",
            "zone.face.group: there is no [group.head]; known are none",
        ),
        (
            HEAD + f"[group.g]\nname = 'g'\n[zone.neck]\nname = 'neck'\ngroup = 'g'\n"
            f"depth = {{ hard = '13 mm', {FROM} }}",
            "zone.neck.depth.hard: 13.0 mm is never allowed in this zone; write less",
        ),
        (
            HEAD + "[[pace]]\ndown_to = '4 mm'\n[[pace]]\ndown_to = '4 mm'",
            "pace 2.down_to: rows go from shallow to deep",
        ),
        (
            HEAD
            + f"[[pace]]\ndown_to = '2 mm'\ncadence = {{ hard = '60/min', {FROM} }}\n"
            + f"[[pace]]\ndown_to = '4 mm'\ncadence = {{ hard = '61/min', {FROM} }}",
            "pace 2.cadence: a deeper shot may not be allowed more than row 1 allows",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_would_be_right(
    text: str | bytes, fault: str
) -> None:
    (only,) = faults(text)
    assert only.startswith(fault)


@pytest.mark.rule("R-LIBRARY-FAULTS")
def test_every_fault_of_a_file_is_told_at_once() -> None:
    text = (
        HEAD
        + "[technique.papule]\nname = 3\n"
        + f"depth = {{ hard = '1,5 mm', {FROM} }}\nvolume = {{ hard = '1 mL' }}\n"
        + "[zone.elbow]\nname = 'elbow'\ngroup = 'body'\ndeph = 1\n"
    )
    assert [fault.split(": ")[0] for fault in faults(text)] == [
        "zone.elbow.deph",
        "technique.papule.name",
        "technique.papule.depth.hard",
        "technique.papule.volume.source",
        "technique.papule.volume.strength",
    ]


@pytest.mark.rule("R-LIBRARY-FAULTS")
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: (HEAD + t).encode()))
def test_any_bytes_are_a_library_or_a_library_error(data: bytes) -> None:
    try:
        library = Library.parse(data)
    except LibraryError:
        return
    assert library.figures.format == 1


@pytest.mark.rule("R-SOFT-INSIDE")
@given(hard=st.tuples(st.integers(0, 99), st.integers(0, 99)), soft=st.integers(0, 99))
def test_a_bound_whose_soft_range_is_outside_its_hard_one_cannot_be_built(
    hard: tuple[int, int], soft: int
) -> None:
    least, most = sorted(hard)
    build: Any = {"hard": Range(least, most), "soft": Range(soft, soft), "source": "s"}
    if least <= soft <= most:
        assert DepthBound(**build, strength=Strength.WEAK).soft == Range(soft, soft)
    else:
        with pytest.raises(ValueError, match="must lie inside"):
            DepthBound(**build, strength=Strength.WEAK)


@pytest.mark.rule("R-OWN-LIBRARY")
def test_a_library_cannot_be_changed_after_it_was_read(shipped: Library) -> None:
    bound = shipped.figures.technique["papule"].depth
    assert bound is not None
    with pytest.raises(ValueError, match="frozen"):
        bound.hard = Range(0, 99_000)  # type: ignore[misc]  # that it is refused is the test


@pytest.mark.rule("R-SETPOINT")
@pytest.mark.parametrize(
    "figure", ["volume_nl", "depth_um", "flow_nl_s", "needle_um_s", "cadence_per_min"]
)
@pytest.mark.parametrize("value", [-1, 0, MAX_FIGURE + 1, 1.0, True, "1", None])
def test_a_setpoint_that_can_be_no_shot_cannot_be_built(figure: str, value: object) -> None:
    figures: dict[str, Any] = dict.fromkeys(
        ["volume_nl", "depth_um", "flow_nl_s", "needle_um_s", "cadence_per_min"], 1_000
    )
    figures[figure] = value
    if figure == "depth_um" and type(value) is int and value == 0:
        assert Setpoint(**figures, mode=Single()).depth_um == 0
        return
    with pytest.raises(ValueError, match=figure):
        Setpoint(**figures, mode=Single())


@pytest.mark.rule("R-SETPOINT")
@pytest.mark.parametrize("count", [-1, 0, 1, MAX_BURST + 1, 2.0, True])
def test_a_burst_of_less_than_two_shots_cannot_be_built(count: int) -> None:
    with pytest.raises(ValueError, match="a burst has"):
        Burst(count)


@pytest.mark.rule("R-SETPOINT")
def test_a_slice_of_perfusion_gives_no_more_than_flows_in_half_a_second() -> None:
    assert Setpoint(50_000, 2_000, 100_000, 1, 120, Perfusion()).volume_nl == 50_000
    with pytest.raises(ValueError, match="at most 50000"):
        Setpoint(50_001, 2_000, 100_000, 1, 120, Perfusion())
