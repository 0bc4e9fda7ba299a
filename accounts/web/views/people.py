"""The people of the installation; changes are for admins."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import commands, queries
from accounts.domain.roles import Ability, may
from accounts.models import Role, User, UserStatus
from accounts.web.forms import InviteForm, PersonForm, RoleForm
from core import clock, shown_once
from core.web import act, role_required, signed_in, submit

PER_PAGE = 50
admin_only = role_required(Role.ADMIN)


@signed_in
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    status = request.GET.get("status", "")
    status = status if status in UserStatus.values else ""
    found = queries.find_users(request.user, text=text, status=status)
    if may(request.user.role, Ability.MANAGE_PEOPLE):
        found = queries.with_second_factor(found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": text, "status": status, "statuses": UserStatus.choices}
    return render(request, "accounts/people/list.html", context | _rights(request))


@signed_in
@require_safe
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    return _detail(request, _find(request, public_id))


@never_cache
@admin_only
def invite(request: HttpRequest) -> HttpResponse:
    """The answer shows the link once more than the mail does."""
    user: Any = request.user
    form = InviteForm(request.POST or None, initial={"time_zone": user.time_zone})
    if request.method == "POST":
        invited = submit(request, form, commands.invite)
        if invited:
            return _link_page(request, *invited)
    return render(request, "accounts/people/invite.html", {"form": form})


@never_cache
@admin_only
@require_POST
def renew_invitation(request: HttpRequest, public_id: str) -> HttpResponse:
    who = _find(request, public_id)
    if answer := shown_once.again(request, _page_of(who)):
        return answer
    links: list[str] = []

    def renew(*args: Any, **kwargs: Any) -> None:
        links.append(commands.renew_invitation(*args, **kwargs))

    if act(request, renew, who):
        return _link_page(request, who, links[0])
    return _back(who)


@admin_only
@require_POST
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    who = _find(request, public_id)
    form = PersonForm(request.POST)
    if submit(request, form, commands.update_profile, who):
        return _back(who)
    return _detail(request, who, person_form=form)


@admin_only
@require_POST
def set_role(request: HttpRequest, public_id: str) -> HttpResponse:
    who = _find(request, public_id)
    role = request.POST.get("role", "")
    act(request, commands.set_role, who, role, done=f"The role of {who.name} is changed")
    return _back(who)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def disable(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first, and says who would be paged by nothing afterwards."""
    who = _find(request, public_id)
    if request.method != "POST":
        context = {"person": who, "losses": queries.lost_without(who)}
        return render(request, "accounts/people/disable.html", context)
    act(request, commands.disable, who, done=f"{who.name} is disabled and signed out everywhere")
    return _back(who)


@admin_only
@require_POST
def enable(request: HttpRequest, public_id: str) -> HttpResponse:
    who = _find(request, public_id)
    act(request, commands.enable, who, done=f"{who.name} is enabled again")
    return _back(who)


@admin_only
@require_POST
def remove_second_factor(request: HttpRequest, public_id: str) -> HttpResponse:
    """For somebody who lost the phone: the password alone opens afterwards."""
    who = _find(request, public_id)
    done = f"{who.name} signs in with the password alone now, and is told by mail"
    act(request, commands.remove_second_factor, who, done=done)
    return _back(who)


@never_cache
@admin_only
@require_POST
def reset_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """For somebody whom no mail reaches; the answer is the only page that shows the link."""
    who = _find(request, public_id)
    if answer := shown_once.again(request, _page_of(who)):
        return answer
    links: list[str] = []

    def make(*args: Any, **kwargs: Any) -> None:
        links.append(commands.make_reset_link(*args, **kwargs))

    if act(request, make, who):
        context = {"person": who, "url": links[0]}
        return shown_once.show(request, "accounts/people/reset_link.html", context)
    return _back(who)


def _find(request: HttpRequest, public_id: str) -> User:
    return get_object_or_404(queries.visible_users(request.user), public_id=public_id)


def _back(who: User) -> HttpResponse:
    return redirect(_page_of(who))


def _page_of(who: User) -> str:
    return reverse("users:detail", args=[who.public_id])


def _link_page(request: HttpRequest, who: User, url: str) -> HttpResponse:
    context = {"person": who, "url": url}
    return shown_once.show(request, "accounts/people/invited.html", context)


def _rights(request: HttpRequest) -> dict[str, Any]:
    return {"may_manage": may(request.user.role, Ability.MANAGE_PEOPLE)}


def _detail(
    request: HttpRequest, who: User, *, person_form: PersonForm | None = None
) -> HttpResponse:
    context = {
        "person": who,
        "memberships": who.memberships.select_related("team").order_by("team__name"),
        "invitation_ends": queries.invitation_expires_at(who, clock.now()),
        "role_form": RoleForm(initial={"role": who.role}),
        "person_form": person_form
        or PersonForm(initial={"name": who.name, "time_zone": who.time_zone}),
        "is_self": who.pk == request.user.pk,
        "sees_reach": queries.whose_reach_is_seen_by(request.user).filter(pk=who.pk).exists(),
        "second_factor": queries.has_second_factor(who),
    }
    return render(request, "accounts/people/detail.html", context | _rights(request))
