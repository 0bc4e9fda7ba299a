"""Machine routes."""

from django.urls import path

from integrations.ingest import views
from integrations.replies import mattermost, pushover, slack, telegram, twilio, vonage
from integrations.replies.mail import views as mail

urlpatterns = [
    path("api/events", views.events),
    path("api/events/", views.events),
    path("api/integrations/<slug:vendor>", views.vendor),
    path("api/integrations/<slug:vendor>/", views.vendor),
    path("api/integrations/<slug:vendor>/<str:key>", views.vendor),
    path("api/inbound/slack/actions", slack.actions),
    path("api/slack/actions", slack.actions),
    path("api/inbound/mattermost/actions", mattermost.actions),
    path("api/inbound/telegram/<str:account>", telegram.updates),
    path("api/inbound/pushover/<str:account>", pushover.callback),
    path("api/inbound/twilio/status/<int:delivery>", twilio.status),
    path("api/inbound/twilio/call/<int:delivery>", twilio.call),
    path("api/inbound/twilio/keys/<int:delivery>", twilio.keys),
    path("api/inbound/twilio/message", twilio.message),
    path("api/inbound/vonage/status/<str:token>", vonage.status),
    path("api/inbound/vonage/call/<str:token>", vonage.call),
    path("api/inbound/vonage/keys/<str:token>", vonage.keys),
    path("api/inbound/vonage/message", vonage.message),
    path("api/inbound/mail/raw", mail.raw),
    path("api/inbound/mail/<str:account>/events", mail.events),
    path("api/inbound/mail/<str:account>/answers", mail.answers),
]
