"""How every Django form is drawn: our field template, widgets styled by where they stand."""

from django.forms.renderers import TemplatesSetting


class OpsKnightFormRenderer(TemplatesSetting):
    """Set by FORM_RENDERER; needs `django.forms` in INSTALLED_APPS."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
