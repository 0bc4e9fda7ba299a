"""Routes that compose the apps: home, settings, audit, and paths kept from elsewhere."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from dashboard.web.views import audit, guide, home, moved, pwa, reachability, settings, theme

settings_urls = [
    path("", settings.home, name="home"),
    path("test-mail/", settings.test_mail, name="test_mail"),
]

dashboard_urls = [
    path("health/", home.health, name="health"),
    path("audit/", audit.index, name="audit"),
    path("guide/what-happens/", guide.what_happens, name="what_happens"),
    path("reachability/", reachability.people, name="reachability"),
    path("reachability/schedules/", reachability.schedules, name="reach_of_schedules"),
    path("reachability/policies/", reachability.policies, name="reach_of_policies"),
    path("reachability/of/<str:public_id>/", reachability.of_one, name="reach_of_one"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("more/", home.more, name="more"),
    path("theme/", theme.choose, name="theme"),
    path("settings/", include((settings_urls, "settings"))),
    path("", include((dashboard_urls, "dashboard"))),
    path("favicon.ico", moved.to_icon),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.service_worker, name="service_worker"),
    path("offline/", pwa.offline, name="offline"),
    path("login", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    re_path(r"^m(?P<rest>/.*)?$", moved.from_mobile, name="from_mobile"),
]
