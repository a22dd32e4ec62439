"""How hypothesis runs here: a property says nothing about the speed of the machine."""

from hypothesis import settings

settings.register_profile("wire", deadline=None)
settings.load_profile("wire")
