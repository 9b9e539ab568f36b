"""The commands: parse, call, exit code. Whatever needs pandas is imported by the command that needs it."""

from effekt.cli import (
    comparing,
    deliveries,
    describing,
    planning,
    published,
    rehearsing,
    specs,
    stages,
    starting,
    worlds,
)
from effekt.cli.app import app

__all__ = [
    "app",
    "comparing",
    "deliveries",
    "describing",
    "planning",
    "published",
    "rehearsing",
    "specs",
    "stages",
    "starting",
    "worlds",
]
