"""How Django's forms are drawn."""

from django.forms.renderers import TemplatesSetting


class OpsKnightFormRenderer(TemplatesSetting):
    """Each field is one template: label, widget, help, errors."""

    field_template_name = "forms/field.html"
