"""Every kind of account has a guide, and its links lead somewhere."""

import re
from html import unescape

import pytest

from core import config
from opsknight import wiring

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("kind", list(wiring.PROVIDERS))
def test_a_guide_is_there_and_names_our_own_address(as_root, kind):
    config.put("public_url", "https://pager.example.com")
    answer = as_root.get(f"/settings/providers/guide/{kind}/")
    body = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "https://your-address" not in body and ".md" not in body
    for path in re.findall(r'href="(/settings/providers/guide/[a-z_]+/)"', body):
        assert as_root.get(path).status_code == 200
