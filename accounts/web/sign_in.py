"""The pages that allauth serves: what is not named here does not exist, sign-up among it."""

from allauth.account import views
from django.urls import include, path, re_path

from accounts.web.forms import ResetForm, SignInForm

urlpatterns = [
    path("login/", views.LoginView.as_view(form_class=SignInForm), name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("2fa/", include("allauth.mfa.urls")),
    path("password/change/", views.password_change, name="account_change_password"),
    path(
        "password/reset/",
        views.PasswordResetView.as_view(form_class=ResetForm),
        name="account_reset_password",
    ),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
