"""Routes of the JSON API of notifications."""

from django.urls import path

from notifications.api import providers, telegram

urlpatterns = [
    path("api/telegram-link", telegram.TelegramLink.as_view()),
    path("api/providers", providers.Providers.as_view()),
    path("api/providers/kinds", providers.ProviderKinds.as_view()),
    path("api/providers/<str:public_id>", providers.OneProvider.as_view()),
    path("api/providers/<str:public_id>/move", providers.ProviderMove.as_view()),
    path("api/providers/<str:public_id>/test", providers.ProviderTest.as_view()),
    path("api/providers/<str:public_id>/tests/<str:test_id>", providers.ProviderTestFate.as_view()),
]
