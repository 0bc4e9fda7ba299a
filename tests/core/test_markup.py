"""Markup that is written at once escapes what people typed, as templates do."""

import pytest
from django import forms
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from core.markup import escaped
from core.widgets import QuickSelect
from schedules.web import drawing
from schedules.web.timeline import Bar
from tests.web.schedules.conftest import NOW

NASTY = """<b onclick='x("&")'>"""


@pytest.mark.parametrize("value", [NASTY, SafeString(NASTY), 7, None])
def test_the_answer_is_that_of_the_template_engine(value: object):
    assert escaped(value) == conditional_escape(value)


def test_a_select_escapes_values_labels_and_groups():
    select = QuickSelect(choices=[(NASTY, NASTY), (NASTY, [("a", NASTY)])])
    assert "<b" not in select.render("n", NASTY)
    plain = forms.Select(choices=select.choices).render("n", NASTY)
    assert select.render("n", NASTY).count("selected") == plain.count("selected")


def test_a_timeline_escapes_names_and_addresses():
    bar = Bar("0%", "1%", NOW, NOW, 1, *[NASTY] * 4, f"?{NASTY}", current=True)
    drawn = drawing.bars([bar], focusable=True) + drawing.stretches([bar])
    assert "<b" not in drawn
    assert drawn.count("&lt;b onclick=&#x27;") == 14
