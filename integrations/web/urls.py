"""Pages of integrations: the telephones of demo mode."""

from django.urls import path

from integrations.web import simulator

app_name = "integrations"

urlpatterns = [
    path("simulator/", simulator.index, name="simulator"),
    path("simulator/break/", simulator.break_something, name="break_something"),
    path("simulator/<int:delivery_id>/key/", simulator.key, name="press_key"),
    path("simulator/<int:delivery_id>/press/", simulator.press, name="press_button"),
    path("simulator/<str:public_id>/reply/", simulator.reply, name="reply"),
]
