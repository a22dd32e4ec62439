"""What a person can set: read strictly, from the right place, shown with its origin."""

import json
import os
from pathlib import Path

import pytest

from injector.cli.exits import Exit
from injector.tui.config import (
    DEFAULT,
    ConfigError,
    check,
    config_path,
    language_of,
    load,
)
from injector.tui.settings import Settings, ThemeName
from injector.tui.settings_schema import schema_text
from injector.tui.speech import Language
from tests.acceptance.stage import injector
from tests.tui.bench import ROOT

FULL = """
language = "fr"
theme = "high_contrast"
idle_lock_s = 120

[keys]
stop = "f12"
arm = "f5"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A config file that sets everything."""
    path = tmp_path / "console.toml"
    path.write_text(FULL)
    return path


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    found = load({}, {}, tmp_path / "none.toml")
    assert found.settings == Settings(language=Language.ENGLISH)
    assert set(found.origins.values()) == {DEFAULT}


def test_the_file_is_followed(file: Path) -> None:
    found = load({"LANG": "en_GB.UTF-8"}, {}, file)
    assert found.settings == Settings(
        language=Language.FRENCH,
        theme=ThemeName.HIGH_CONTRAST,
        idle_lock_s=120,
        keys={"stop": "f12", "arm": "f5"},
    )
    assert set(found.origins.values()) == {str(file)}
    assert set(found.origins) == {"language", "theme", "idle_lock_s", "keys.stop", "keys.arm"}


def test_flags_go_over_the_environment_and_that_over_the_file(file: Path) -> None:
    environ = {"INJECTOR_THEME": "dark", "INJECTOR_LANGUAGE": "fr", "INJECTOR_IDLE_LOCK_S": "60"}
    found = load(environ, {"language": "en", "theme": None}, file)
    assert found.settings.language is Language.ENGLISH
    assert found.settings.theme is ThemeName.DARK
    assert found.settings.idle_lock_s == 60
    assert found.origins["language"] == "--language"
    assert found.origins["theme"] == "INJECTOR_THEME"
    assert found.origins["keys.arm"] == str(file)


def test_a_variable_that_is_empty_is_not_set(file: Path) -> None:
    found = load({"INJECTOR_THEME": "", "INJECTOR_LANGUAGE": ""}, {}, file)
    assert found.settings.theme is ThemeName.HIGH_CONTRAST


@pytest.mark.parametrize(
    ("environ", "language", "origin"),
    [
        ({}, Language.ENGLISH, DEFAULT),
        ({"LANG": "fr_FR.UTF-8"}, Language.FRENCH, "LANG=fr_FR.UTF-8"),
        ({"LANG": "fr"}, Language.FRENCH, "LANG=fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, Language.ENGLISH, "LC_ALL=C"),
        ({"LC_MESSAGES": "fr_BE", "LANG": "en_US"}, Language.FRENCH, "LC_MESSAGES=fr_BE"),
        ({"LC_ALL": "", "LANG": "fr_CH.UTF-8"}, Language.FRENCH, "LANG=fr_CH.UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, Language.ENGLISH, "LANG=de_DE.UTF-8"),
        ({"LANG": "frr_DE"}, Language.ENGLISH, "LANG=frr_DE"),
    ],
)
def test_the_terminals_locale_decides_the_language_where_nobody_chose(
    environ: dict[str, str], language: Language, origin: str
) -> None:
    assert language_of(environ) == (language, origin)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('theme = "pink"', ["theme: 'pink' is none of 'dark', 'high_contrast' or"]),
        ("theme = 1", ["theme: "]),
        ("idle_lock_s = true", ["idle_lock_s: True is not a whole number"]),
        ("idle_lock_s = 29", ["idle_lock_s: 29 is too low; at least 30"]),
        ("idle_lock_s = 3601", ["idle_lock_s: 3601 is too high; at most 3600"]),
        ('idle_lock_s = "60"', ["idle_lock_s: '60' is not a whole number"]),
        (
            "colour = 1",
            ["colour: unknown key; known here: anchors, idle_lock_s, keys, language, theme"],
        ),
        ('language = "de"', ["language: 'de' is none of 'en' or 'fr'"]),
        ('keys = "a"', ["keys: 'a' is not a table"]),
        ("[keys]\narm = 5", ["keys.arm: 5 is not text in quotes"]),
        ("theme =", ["end of document: not TOML: Invalid value"]),
        ('theme = "x"\nfoo = 1', ["theme: ", "foo: unknown key"]),
        (
            '[keys]\nfire = "x"\narm = "tab"',
            ["keys.fire: no such act", "keys.arm: 'tab': this key"],
        ),
    ],
)
def test_everything_that_is_wrong_is_named_with_its_place(text: str, faults: list[str]) -> None:
    found = [str(fault) for fault in check(text.encode())]
    assert len(found) == len(faults)
    assert all(told.startswith(fault) for told, fault in zip(found, faults, strict=True))


def test_a_file_that_is_no_utf8_or_far_too_long_is_refused(tmp_path: Path) -> None:
    assert "not UTF-8" in str(check(b"theme = '\xff'")[0])
    assert "longer than" in str(check(b"#" * 2_000_000)[0])
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load({}, {}, folder)


def test_a_fault_of_the_environment_is_named_by_its_variable(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"^INJECTOR_THEME: 'pink' is none of"):
        load({"INJECTOR_THEME": "pink"}, {}, file)
    with pytest.raises(ConfigError, match=r"^INJECTOR_IDLE_LOCK_S: 'long' is not a whole number"):
        load({"INJECTOR_IDLE_LOCK_S": "long"}, {}, file)


def test_a_fault_of_the_file_is_told_even_where_a_flag_goes_over_it(file: Path) -> None:
    file.write_text('theme = "pink"')
    with pytest.raises(ConfigError, match=r"^theme: 'pink'"):
        load({}, {"theme": "dark"}, file)


def test_settings_cannot_be_built_with_keys_that_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="arm: 'f9' is the key of 'stop'"):
        Settings(keys={"arm": "f9"})


def test_the_schema_that_is_shipped_is_the_models() -> None:
    shipped = (ROOT / "injector" / "tui" / "settings.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text()
    made = json.loads(shipped)
    assert made["additionalProperties"] is False
    assert set(made["properties"]) == set(Settings.model_fields)
    assert "arm" in made["properties"]["keys"]["properties"]


# -- the commands ------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A place for a config file of its own."""
    (tmp_path / "injector").mkdir()
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_the_file_lies_in_the_platforms_place(home: dict[str, str], tmp_path: Path) -> None:
    ran = injector("config", "path", env=home)
    assert (ran.status, ran.out) == (0, f"{tmp_path / 'injector' / 'console.toml'}\n")
    assert config_path().name == "console.toml"
    assert str(config_path()).startswith(os.environ["XDG_CONFIG_HOME"])


def test_show_says_where_each_setting_comes_from(home: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "injector" / "console.toml"
    path.write_text('theme = "colour_blind_safe"\n[keys]\narm = "f5"\n')
    env = home | {"INJECTOR_IDLE_LOCK_S": "45", "LC_ALL": "fr_FR.UTF-8"}
    ran = injector("config", "show", "--theme", "dark", env=env)
    assert ran.status == 0
    assert ran.out.splitlines() == [
        'language = "fr"  (LC_ALL=fr_FR.UTF-8)',
        'theme = "dark"  (--theme)',
        "idle_lock_s = 45  (INJECTOR_IDLE_LOCK_S)",
        f'keys.arm = "f5"  ({path})',
    ]
    told = json.loads(injector("config", "show", "--json", env=env).out)
    assert told["theme"] == {"value": "colour_blind_safe", "from": str(path)}


def test_check_names_every_fault_and_the_file(home: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "injector" / "console.toml"
    assert (
        "no such file; every setting has its default" in injector("config", "check", env=home).out
    )
    path.write_text('theme = "dark"\n')
    assert injector("config", "check", env=home).out == f"{path}: can be used\n"
    path.write_text('theme = "pink"\nfoo = 1\n')
    for command in (("config", "check"), ("config", "check", path), ("config", "show")):
        ran = injector(*command, env=home)
        assert (ran.status, ran.out) == (Exit.BAD_INPUT, "")
        assert str(path) in ran.err
        assert "theme: 'pink'" in ran.err
        assert "foo: unknown key" in ran.err
    assert injector("config", "check", tmp_path / "none", env=home).status == Exit.BAD_INPUT


def test_the_console_does_not_start_on_settings_that_cannot_be_used(
    home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "injector" / "console.toml").write_text('[keys]\narm = "ctrl+enter"\n')
    plan = ROOT / "examples" / "elbow-tendinopathy.toml"
    ran = injector("console", plan, "--port", "/dev/none", env=home)
    assert ran.status == Exit.BAD_INPUT
    assert "keys.arm: 'ctrl+enter': not every terminal sends a key held together" in ran.err
