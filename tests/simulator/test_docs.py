"""What the document says about the gun's words is what the gun understands."""

import re
from pathlib import Path

import click
import pytest

from injector.cli.simulate import simulate
from simulator.acts import parse_line
from simulator.envelope import ENVELOPE
from simulator.firmware import Light
from tests.simulator.test_hand import RIGHT_LINES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
LINES = [
    line.replace("[...]", '[{"do": "shoot"}]')
    for line in re.findall(r"`(\{\"(?:do|wait|repeat)\".*?\})`", DOCUMENT)
]


@pytest.mark.parametrize("line", LINES)
def test_every_line_in_the_document_is_understood(line: str) -> None:
    parse_line(line)


def test_every_word_that_is_understood_is_in_the_document() -> None:
    said = {type(parse_line(line)) for line in LINES}
    assert said == {type(parse_line(line)) for line in RIGHT_LINES}


def test_every_option_and_every_light_is_in_the_document() -> None:
    for option in simulate.params:
        assert isinstance(option, click.Option)
        if not option.hidden:
            assert f"`{option.opts[0]}" in DOCUMENT
    for light in Light:
        assert f"`{light.value}`" in DOCUMENT


def test_the_envelope_in_the_document_is_the_guns() -> None:
    assert f"1 to {ENVELOPE.volume_max_nl // 1_000} µL per shot" in DOCUMENT
    assert f"depth 0 to {ENVELOPE.depth_max_um // 1_000} mm" in DOCUMENT
    assert f"{ENVELOPE.cadence_max_per_min} shots a minute" in DOCUMENT
    assert f"tolerance {ENVELOPE.tolerance_ppm:,} ppm" in DOCUMENT
