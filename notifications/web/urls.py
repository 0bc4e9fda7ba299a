"""Pages of notifications: how one is reached, the bell, what was sent, what did not leave."""

from django.urls import path

from notifications.web.views import notices, reach, records

app_name = "notifications"

urlpatterns = [
    path("profile/reach/", reach.reach, name="reach"),
    path("profile/reach/warning/", reach.warning, name="reach_warning"),
    path("profile/reach/<str:public_id>/switch/", reach.switch, name="switch_method"),
    path("profile/reach/<str:public_id>/remove/", reach.remove, name="remove_method"),
    path("profile/reach/<str:public_id>/test/", reach.send_test, name="send_test"),
    path("profile/reach/tests/<int:delivery_id>/", reach.test_fate, name="test_fate"),
    path("profile/reach/rules/<str:urgency>/", reach.rules, name="rules"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read, name="read_notices"),
    path("deliveries/", records.deliveries, name="deliveries"),
    path("outbox/", records.outbox, name="outbox"),
]
