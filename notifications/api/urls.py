"""Routes of the JSON API of notifications."""

from django.urls import path

from notifications.api import (
    devices,
    drill_plans,
    drills,
    notices,
    providers,
    quiet,
    reach,
    telegram,
)

PERSON = "api/users/<str:user_id>"
METHOD = f"{PERSON}/contact-methods/<str:public_id>"

urlpatterns = [
    path("api/notifications", notices.Notifications.as_view()),
    path("api/notifications/history", notices.History.as_view()),
    path(f"{PERSON}/contact-methods", reach.ContactMethods.as_view()),
    path(METHOD, reach.OneContactMethod.as_view()),
    path(f"{METHOD}/verification", reach.ContactMethodVerification.as_view()),
    path(f"{METHOD}/move", reach.ContactMethodMove.as_view()),
    path(f"{METHOD}/test", reach.ContactMethodTest.as_view()),
    path(f"{PERSON}/monthly-test-page", drill_plans.MonthlyTestPage.as_view()),
    path(f"{PERSON}/test-pages", drills.TestPages.as_view()),
    path("api/test-pages/<str:public_id>", drills.OneTestPage.as_view()),
    path(f"{PERSON}/notification-rules", reach.NotificationRules.as_view()),
    path(f"{PERSON}/quiet-hours", quiet.QuietHours.as_view()),
    path("api/telegram-link", telegram.TelegramLink.as_view()),
    path("api/push-devices", devices.Devices.as_view()),
    path("api/push-devices/key", devices.PushKey.as_view()),
    path("api/push-devices/<str:public_id>", devices.OneDevice.as_view()),
    path("api/providers", providers.Providers.as_view()),
    path("api/providers/kinds", providers.ProviderKinds.as_view()),
    path("api/providers/<str:public_id>", providers.OneProvider.as_view()),
    path("api/providers/<str:public_id>/move", providers.ProviderMove.as_view()),
    path("api/providers/<str:public_id>/test", providers.ProviderTest.as_view()),
    path("api/providers/<str:public_id>/tests/<str:test_id>", providers.ProviderTestFate.as_view()),
]
