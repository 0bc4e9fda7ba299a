"""App registration: the project package offers the commands that run the installation."""

from django.apps import AppConfig


class OpsKnightConfig(AppConfig):
    name = "opsknight"
