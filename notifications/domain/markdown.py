"""Text that stays text where chats read Markdown. Pure."""

import re

_MARKS = re.compile(r"([\\`*_~|>#\-+\[\]()!.])")
_DISCORD = re.compile(r"([\\`*_~|>#\-+\[\]()<:@.!])")
# What a backslash does not stop in Mattermost: mentions, <links>, :emoji:.
_OPENERS = re.compile(r"@|<|:(?=[a-z0-9_+-]+:)", re.IGNORECASE)


def for_discord(text: str) -> str:
    """Every sign that Markdown or a mention could begin with becomes a letter."""
    return _DISCORD.sub(r"\\\1", text)


def for_mattermost(text: str) -> str:
    """No Markdown, and no @channel: an at sign followed by nothing names nobody."""
    return unnamed(_MARKS.sub(r"\\\1", text))


def unnamed(text: str) -> str:
    """Plain text in which Mattermost finds nobody to mention."""
    return _OPENERS.sub("\\g<0>\u200b", text)
