"""Routes of the JSON API of accounts."""

from django.urls import path

from accounts.api import schema, views

__all__ = ["schema", "urlpatterns"]  # importing the schema registers it

urlpatterns = [
    path("api/users", views.Users.as_view()),
    path("api/users/<str:public_id>", views.OneUser.as_view()),
    path("api/teams", views.Teams.as_view()),
    path("api/teams/<str:public_id>", views.OneTeam.as_view()),
    path("api/teams/<str:public_id>/members", views.Members.as_view()),
    path("api/teams/<str:public_id>/members/<str:user_id>", views.OneMember.as_view()),
]
