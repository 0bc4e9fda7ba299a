"""The set-up guides of providers as pages: our own Markdown below docs/guide."""

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from core import config
from notifications.providers.base import Kind, kinds

FOLDER = settings.BASE_DIR / "docs" / "guide"

ANYWHERE = "https://your-address"  # what a guide says for the public address of an installation

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def guide_of(kind: Kind) -> SafeString | None:
    """The guide as HTML without its heading, which the page has; None when there is none."""
    path = FOLDER / kind.guide
    if not kind.guide or not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8").strip().splitlines()
    text = "\n".join(lines[1:] if lines and lines[0].startswith("# ") else lines)
    text = text.replace(ANYWHERE, config.public_url() or ANYWHERE)
    for other in kinds().values():  # between files a link names the file, between pages the page
        page = reverse("notifications:provider_guide", args=[other.key])
        text = text.replace(f"]({other.guide.rpartition('/')[2]})", f"]({page})")
    return mark_safe(_markdown.render(text))  # noqa: S308 - ours, and HTML in it is escaped
