"""Pages of accounts; namespaces: users, teams, account."""

from django.urls import include, path

from accounts.web.views import address, invitation, people, profile, setup, teams

people_urls = [
    path("", people.people, name="list"),
    path("invite/", people.invite, name="invite"),
    path("<str:public_id>/", people.person, name="detail"),
    path("<str:public_id>/edit/", people.edit, name="edit"),
    path("<str:public_id>/role/", people.set_role, name="role"),
    path("<str:public_id>/disable/", people.disable, name="disable"),
    path("<str:public_id>/enable/", people.enable, name="enable"),
    path("<str:public_id>/second-factor/", people.remove_second_factor, name="second_factor"),
    path("<str:public_id>/reset-link/", people.reset_link, name="reset_link"),
    path("<str:public_id>/invitation/", people.renew_invitation, name="renew_invitation"),
]

teams_urls = [
    path("", teams.teams, name="list"),
    path("new/", teams.create, name="create"),
    path("<str:public_id>/", teams.team, name="detail"),
    path("<str:public_id>/edit/", teams.edit, name="edit"),
    path("<str:public_id>/delete/", teams.delete, name="delete"),
    path("<str:public_id>/lead/", teams.set_lead, name="lead"),
    path("<str:public_id>/members/", teams.add_member, name="add_member"),
    path("<str:public_id>/members/<str:user_id>/", teams.change_member, name="change_member"),
    path(
        "<str:public_id>/members/<str:user_id>/remove/", teams.remove_member, name="remove_member"
    ),
]

profile_urls = [
    path("", profile.profile, name="profile"),
    path("address/", address.change, name="change_address"),
    path("sessions/end/", profile.end_sessions, name="end_sessions"),
    path("keys/", profile.api_keys, name="api_keys"),
    path("keys/<str:public_id>/revoke/", profile.revoke_api_key, name="revoke_api_key"),
]

urlpatterns = [
    path("setup", setup.setup, name="setup"),
    path("invite/<str:token>/", invitation.invitation, name="invitation"),
    path("new-address/<str:token>/", address.confirm, name="new_address"),
    path("accounts/", include("accounts.web.sign_in")),
    path("people/", include((people_urls, "users"))),
    path("teams/", include((teams_urls, "teams"))),
    path("profile/", include((profile_urls, "account"))),
]
