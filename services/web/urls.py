"""Routes of the service pages."""

from django.urls import path

from services.web.views import catalogue, integrations, levels, webhooks

app_name = "services"

urlpatterns = [
    path("services/", catalogue.index, name="list"),
    path("services/new/", catalogue.create, name="create"),
    path("services/<str:public_id>/", catalogue.detail, name="detail"),
    path("services/<str:public_id>/edit/", catalogue.edit, name="edit"),
    path("services/<str:public_id>/level/", levels.level, name="level"),
    path("services/<str:public_id>/archive/", catalogue.archive, name="archive"),
    path("services/<str:public_id>/integrations/", integrations.add, name="add_integration"),
    path("services/<str:public_id>/webhooks/", webhooks.add, name="add_webhook"),
    path("integrations/<str:public_id>/rotation/", integrations.rotate, name="rotate_key"),
    path("integrations/<str:public_id>/old-keys/", integrations.revoke_old, name="revoke_old_keys"),
    path("integrations/<str:public_id>/switch/", integrations.switch, name="switch_integration"),
    path("integrations/<str:public_id>/delete/", integrations.delete, name="delete_integration"),
    path("webhooks/<str:public_id>/", webhooks.edit, name="webhook"),
    path("webhooks/<str:public_id>/test/", webhooks.test, name="test_webhook"),
    path("webhooks/<str:public_id>/test/fate/", webhooks.test_fate, name="webhook_test_fate"),
    path("webhooks/<str:public_id>/delete/", webhooks.delete, name="delete_webhook"),
]
