"""Teams: who belongs together, who leads, who is paged with the team."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import commands, queries
from accounts.domain.roles import Ability, may, may_govern
from accounts.models import Role, Team, User
from accounts.web.forms import AddMemberForm, MemberForm, TeamForm
from core.web import act, role_required, signed_in, submit

PER_PAGE = 50
editors_only = role_required(Role.ADMIN, Role.RESPONDER)


@signed_in
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    found = queries.teams_with_people(request.user).filter(name__icontains=text)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": text, "may_edit": may(request.user.role, Ability.EDIT_TEAM)}
    return render(request, "accounts/teams/list.html", context)


@signed_in
@require_safe
def team(request: HttpRequest, public_id: str) -> HttpResponse:
    return _detail(request, _find(request, public_id))


@editors_only
def create(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.POST or None)
    if request.method == "POST":
        made = submit(request, form, commands.create_team)
        if made:
            return _back(made)
    return render(request, "accounts/teams/form.html", {"form": form})


@editors_only
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _find(request, public_id)
    initial = {"name": found.name, "description": found.description}
    form = TeamForm(request.POST or None, initial=initial)
    if request.method == "POST" and submit(request, form, commands.update_team, found):
        return _back(found)
    return render(request, "accounts/teams/form.html", {"form": form, "team": found})


@role_required(Role.ADMIN)
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Cannot be undone, so the name must be typed."""
    found = _find(request, public_id)
    wrong = request.method == "POST" and request.POST.get("name", "").strip() != found.name
    if request.method != "POST" or wrong:
        context = {"team": found, "wrong": wrong, "users": queries.users_of_team(found)}
        return render(request, "accounts/teams/delete.html", context, status=422 if wrong else 200)
    if act(request, commands.delete_team, found, done=f"The team {found.name} is deleted"):
        return redirect("teams:list")
    return _back(found)


@signed_in
@require_POST
def add_member(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _find(request, public_id)
    form = AddMemberForm(request.POST, team=found, governs=_governs(request, found))
    if submit(request, form, commands.add_member, found):
        return _back(found)
    return _detail(request, found, add_form=form)


@signed_in
@require_POST
def change_member(request: HttpRequest, public_id: str, user_id: str) -> HttpResponse:
    found, who = _find(request, public_id), _person(request, user_id)
    form = MemberForm(request.POST)
    if form.is_valid():
        done = f"{who.name} is changed"
        act(request, commands.change_member, found, who, done=done, **form.cleaned_data)
    return _back(found)


@signed_in
@require_POST
def remove_member(request: HttpRequest, public_id: str, user_id: str) -> HttpResponse:
    found, who = _find(request, public_id), _person(request, user_id)
    done = f"{who.name} is not in the team any more"
    act(request, commands.remove_member, found, who, done=done)
    return _back(found)


@signed_in
@require_POST
def set_lead(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _find(request, public_id)
    chosen = request.POST.get("user", "")
    lead = _person(request, chosen) if chosen else None
    act(request, commands.set_lead, found, lead, done="The lead is changed")
    return _back(found)


def _find(request: HttpRequest, public_id: str) -> Team:
    return get_object_or_404(queries.teams_with_people(request.user), public_id=public_id)


def _person(request: HttpRequest, public_id: str) -> User:
    return get_object_or_404(queries.visible_users(request.user), public_id=public_id)


def _back(found: Team) -> HttpResponse:
    return redirect("teams:detail", found.public_id)


def _governs(request: HttpRequest, found: Team) -> bool:
    own = {row.user_id: row.role for row in found.memberships.all()}
    return may_govern(request.user.role, own.get(request.user.pk))


def _detail(
    request: HttpRequest, found: Team, *, add_form: AddMemberForm | None = None
) -> HttpResponse:
    role = request.user.role
    governs = _governs(request, found)
    context: dict[str, Any] = {
        "team": found,
        "rows": [
            (row, MemberForm(initial={"role": row.role, "receives_pages": row.receives_pages}))
            for row in found.memberships.all()
        ],
        "governs": governs,
        "may_edit": may(role, Ability.EDIT_TEAM),
        "may_add": may(role, Ability.EDIT_TEAM) or governs,
        "may_delete": may(role, Ability.DELETE_TEAM),
        "add_form": add_form or AddMemberForm(team=found, governs=governs),
    }
    return render(request, "accounts/teams/detail.html", context)
