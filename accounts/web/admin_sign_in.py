"""Django admin has no sign-in of its own."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """To our sign-in page and back; who is signed in already is no admin: 403, not a loop."""
    if request.user.is_authenticated:
        raise PermissionDenied
    back = {"next": request.GET.get("next") or reverse("admin:index")}
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode(back)}")
