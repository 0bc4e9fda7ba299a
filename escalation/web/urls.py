"""Routes of the policy pages."""

from django.urls import path

from escalation.web.views import away, catalogue, editing

app_name = "escalation"

urlpatterns = [
    path("policies/", catalogue.index, name="list"),
    path("policies/new/", editing.create, name="create"),
    path("policies/<str:public_id>/", catalogue.detail, name="detail"),
    path("policies/<str:public_id>/services/", catalogue.services, name="services"),
    path("policies/<str:public_id>/away/", away.away, name="away"),
    path("policies/<str:public_id>/edit/", editing.edit, name="edit"),
    path("policies/<str:public_id>/archive/", editing.archive, name="archive"),
]
