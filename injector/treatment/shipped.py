"""The limit library that comes with the package."""

from importlib.resources import files

from injector.limits.library import Library


def shipped_library() -> Library:
    """The library of ``injector/limits/mesotherapy.toml``, read anew at each call."""
    return Library.parse(files("injector.limits").joinpath("mesotherapy.toml").read_bytes())
