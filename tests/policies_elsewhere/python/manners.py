"""Manners in Python: words are covered, a peer pauses between two texts, a text ends somewhere.

See ../README.md for the rule.
"""

import json
from dataclasses import dataclass, field

from componentize_py_types import Err
from wit_world import WitWorld as World
from wit_world.imports import log, state, time
from wit_world.imports.types import (
    Annotation,
    Decision,
    Description,
    Direction,
    Hold,
    Kind,
    Message,
    Note,
    Rejection,
    SettingError,
    Verdict_Hold,
    Verdict_Pass,
    Verdict_Reject,
    Verdict_Rewrite,
)

SETTINGS_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Settings of the policy manners",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "words": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 32},
            "maxItems": 16,
            "default": [],
        },
        "cover": {"type": "string", "maxLength": 8, "default": "▇▇▇"},
        "pause_ms": {"type": "integer", "minimum": 0, "maximum": 3600000, "default": 0},
        "longest": {"type": "integer", "minimum": 1, "maximum": 2000, "default": 2000},
    },
}


@dataclass
class Settings:
    words: list[str] = field(default_factory=list)
    cover: str = "▇▇▇"
    pause_ms: int = 0
    longest: int = 2000


settings = Settings()


class WitWorld(World):
    """The three exports; the name of the class is the toolchain's."""

    def describe(self) -> Description:
        return Description(
            name="manners",
            version="0.1.0",
            directions=[Direction.INBOUND],
            may_pass_on_failure=True,
            settings_schema=json.dumps(SETTINGS_SCHEMA),
            notes=[Note("language", "python")],
        )

    def configure(self, settings_json: str) -> None:
        """A result's error is raised as `Err`, its value returned."""
        global settings
        read, problems = read_settings(json.loads(settings_json))
        if problems:
            raise Err(problems)
        settings = read

    def evaluate(self, message: Message) -> Decision:
        if message.kind != Kind.TEXT:
            return Decision(Verdict_Pass(), [])

        length = len(message.content)
        if length > settings.longest:
            reason = f"{length} characters; at most {settings.longest} are taken"
            return Decision(Verdict_Reject(Rejection("too_long", reason, None)), [])

        now = time.now()
        texts, last = remembered(message.from_)
        until = last + settings.pause_ms
        if texts > 0 and now < until and not message.released:
            pause = settings.pause_ms
            reason = f"{now - last} ms after the one before; the pause is {pause} ms"
            return Decision(Verdict_Hold(Hold("too_soon", reason, until)), [])

        texts += 1
        remember(message.from_, texts, now)
        annotations = [Annotation("texts", str(texts))]
        content, found = covered(message.content)
        if not found:
            return Decision(Verdict_Pass(), annotations)
        annotations.append(Annotation("covered", ", ".join(found)))
        return Decision(Verdict_Rewrite(content), annotations)


def covered(text: str) -> tuple[str, list[str]]:
    """The text with each word covered, and the words found, in the order of the settings."""
    found = set()
    content = []
    at = 0
    while at < len(text):
        word = next((word for word in settings.words if text.startswith(word, at)), None)
        if word is None:
            content.append(text[at])
            at += 1
        else:
            found.add(word)
            content.append(settings.cover)
            at += len(word)
    return "".join(content), [word for word in dict.fromkeys(settings.words) if word in found]


def remembered(peer: str) -> tuple[int, int]:
    """How many texts of a peer went on, and when the last one did."""
    value = state.get(peer.encode())
    if value is None:
        return 0, 0
    texts, last = value.split()
    return int(texts), int(last)


def remember(peer: str, texts: int, last: int) -> None:
    try:
        state.set(peer.encode(), f"{texts} {last}".encode())
    except Err as why:
        log.write(log.Level.WARN, f"nothing more can be remembered: {why.value}")


def read_settings(table: object) -> tuple[Settings, list[SettingError]]:
    read = Settings()
    problems = []

    def complain(setting: str, problem: str) -> None:
        problems.append(SettingError(setting, problem))

    if not isinstance(table, dict):
        return read, [SettingError("settings", "must be a table")]
    for setting, value in table.items():
        match setting:
            case "words":
                if not isinstance(value, list) or len(value) > 16:
                    complain(setting, "must be a list of 16 texts at most")
                    continue
                for index, word in enumerate(value):
                    if not is_text(word, 1, 32):
                        complain(f"words[{index}]", "must be a text of 1 to 32 characters")
                read.words = value
            case "cover":
                if not is_text(value, 0, 8):
                    complain(setting, "must be a text of 8 characters at most")
                read.cover = value
            case "pause_ms":
                if is_whole(value, 0, 3600000):
                    read.pause_ms = int(value)
                else:
                    complain(setting, "must be a whole number from 0 to 3600000")
            case "longest":
                if is_whole(value, 1, 2000):
                    read.longest = int(value)
                else:
                    complain(setting, "must be a whole number from 1 to 2000")
            case _:
                known = "`words`, `cover`, `pause_ms` and `longest`"
                complain(setting, f"is no setting; there are {known}")
    return read, problems


def is_text(value: object, least: int, most: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= most


def is_whole(value: object, least: int, most: int) -> bool:
    """10.0 is whole and `True`, which Python takes for 1, is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return least <= value <= most and value == int(value)
