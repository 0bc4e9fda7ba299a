"""Pages of notifications: how one is reached, the bell, what was sent, what did not leave."""

from django.urls import path
from django.views.generic import RedirectView

from notifications.web.views import (
    devices,
    drill_plans,
    drills,
    notices,
    provider_tests,
    providers,
    quiet,
    reach,
    readiness,
    records,
    telegram,
)

app_name = "notifications"

urlpatterns = [
    path("profile/reach/", reach.reach, name="reach"),
    path("profile/reach/warning/", reach.warning, name="reach_warning"),
    path("profile/reach/this-device/", devices.card, name="this_device"),
    path("profile/reach/devices/", devices.add, name="add_device"),
    path("push/shown/<str:token>/", devices.receipt, name="push_receipt"),
    path("push/device/<str:token>/", devices.renewal, name="push_renewal"),
    path("profile/reach/telegram/", telegram.connect, name="connect_telegram"),
    path("profile/reach/telegram/<int:since>/", telegram.state, name="telegram_state"),
    path("profile/reach/<str:public_id>/switch/", reach.switch, name="switch_method"),
    path("profile/reach/<str:public_id>/remove/", reach.remove, name="remove_method"),
    path("profile/reach/<str:public_id>/test/", reach.send_test, name="send_test"),
    path("profile/reach/<str:public_id>/move/", reach.move, name="move_method"),
    path("profile/reach/<str:public_id>/code/", reach.send_code, name="send_code"),
    path("profile/reach/<str:public_id>/verify/", reach.verify, name="verify"),
    path("profile/reach/tests/<int:delivery_id>/", reach.test_fate, name="test_fate"),
    path("profile/reach/rules/<str:urgency>/", reach.rules, name="rules"),
    path("profile/reach/rules/<str:urgency>/foretold/", reach.foretell, name="foretell"),
    path("profile/reach/summary/", readiness.mine, name="my_reach"),
    path("profile/reach/monthly-test/", drill_plans.monthly, name="monthly_drill"),
    path("profile/reach/monthly-test/clear/", drill_plans.clear, name="clear_monthly_drill"),
    path("profile/reach/test-page/", drills.start_mine, name="start_drill"),
    path("t/<str:token>/", drills.arrived, name="drill_arrival"),
    path("reachability/tests/<str:public_id>/", drills.show, name="drill"),
    path("reachability/people/<str:public_id>/test/", drills.start_for, name="start_drill_for"),
    path("reachability/people/<str:public_id>/", readiness.person, name="reach_of"),
    path("profile/quiet-hours/", quiet.quiet_hours, name="quiet_hours"),
    path("profile/quiet-hours/clear/", quiet.clear, name="clear_quiet_hours"),
    path("alerts/", notices.notices, name="notices"),
    path("alerts/read/", notices.read, name="read_notices"),
    path("notices/", RedirectView.as_view(pattern_name="notifications:notices")),  # old links
    path("deliveries/", records.deliveries, name="deliveries"),
    path("outbox/", records.outbox, name="outbox"),
    path("settings/providers/", providers.index, name="providers"),
    path("settings/providers/add/<str:kind>/", providers.add, name="add_provider"),
    path("settings/providers/guide/<str:kind>/", providers.guide, name="provider_guide"),
    path("settings/providers/<str:public_id>/", providers.detail, name="provider"),
    path("settings/providers/<str:public_id>/switch/", providers.switch, name="switch_provider"),
    path("settings/providers/<str:public_id>/move/", providers.move, name="move_provider"),
    path("settings/providers/<str:public_id>/remove/", providers.remove, name="remove_provider"),
    path("settings/providers/<str:public_id>/test/", provider_tests.send, name="test_provider"),
    path(
        "settings/providers/<str:public_id>/tests/<int:delivery_id>/",
        provider_tests.fate,
        name="provider_test_fate",
    ),
]
