"""The guide to what happens after something breaks, as a page: the same text as in docs/guide."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from core.web import signed_in

FILE = settings.BASE_DIR / "docs" / "guide" / "what-happens.md"
DRAWING = "img/what-happens.svg"
IN_FILE = f"../../static/{DRAWING}"
ELSEWHERE = (
    "[the alarm of the pager itself](../monitoring.md)",
    "[reliability](../reliability.md)",
)

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@signed_in
@require_safe
def what_happens(request: HttpRequest) -> HttpResponse:
    """From trigger to exhausted. 404 where the text was not installed."""
    if not FILE.is_file():
        raise Http404
    lines = FILE.read_text(encoding="utf-8").strip().splitlines()
    # The heading is the page's own, and pictures of pages are for those who cannot open them.
    kept = [line for line in lines[1:] if not line.startswith("![") or IN_FILE in line]
    text = "\n".join(kept).replace(IN_FILE, static(DRAWING))
    health = reverse("dashboard:health")
    for link in ELSEWHERE:
        text = text.replace(link, f"{link.partition(']')[0]}]({health})")
    html = mark_safe(_markdown.render(text))  # noqa: S308 - ours, and HTML in it is escaped
    return render(request, "dashboard/what_happens.html", {"guide": html})
