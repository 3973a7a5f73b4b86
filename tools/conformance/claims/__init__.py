"""The claims, by what they are about."""

from . import addresses, doubts, instances, interfaces, tags  # noqa: F401
