"""What comes with the package: the limit library, and example plans to train with."""

from importlib.resources import files as resources
from pathlib import Path

import injector
from injector.limits.library import Library
from injector.treatment.plan import Plan


def shipped_library() -> Library:
    """The library of ``injector/limits/mesotherapy.toml``, read anew at each call."""
    return Library.parse(resources("injector.limits").joinpath("mesotherapy.toml").read_bytes())


def examples_folder() -> Path:
    """Where the example plans are: in the installed package, or beside it in the source tree."""
    package = Path(injector.__file__).parent
    packed = package / "examples"
    return packed if packed.is_dir() else package.parent / "examples"


def example_plans() -> dict[str, Plan]:
    """The example plans by name, read anew at each call; not those that show a refusal."""
    found = sorted(examples_folder().glob("*.toml"))
    return {file.stem: Plan.parse(file.read_bytes()) for file in found}
