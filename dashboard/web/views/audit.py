"""Who changed what: for admins."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Role
from audit.models import AuditEvent
from core.web import role_required

PER_PAGE = 50


@role_required(Role.ADMIN)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Newest first; `q` finds actions, names and targets."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    rows = AuditEvent.objects.all()
    if words:
        rows = (
            rows.filter(action__icontains=words)
            | rows.filter(actor_label__icontains=words)
            | rows.filter(target_label__icontains=words)
        )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "dashboard/audit.html", {"page": page, "words": words})
