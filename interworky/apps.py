from django.apps import AppConfig


class InterworkyConfig(AppConfig):
    name = "interworky"
