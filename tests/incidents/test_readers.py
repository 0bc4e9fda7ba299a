"""Whoever is paged reads it in a language of their own; the record stays English."""

from accounts.models import User
from escalation.commands import TargetSpec
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import Page
from integrations.replies.acting import Verb, act
from notifications.domain.message import Message
from notifications.models import Delivery
from tests.incidents.conftest import T0, policy_of


def test_everyone_is_paged_and_answered_in_their_own_language(people, make_service):
    User.objects.filter(pk=people.ann.pk).update(language="de")
    both = [TargetSpec(user=people.ann), TargetSpec(user=people.ben)]
    made = make_service(policy_of((5, both)))
    draft = Draft(title="Kasse steht", service=made.service, urgency="HIGH")
    incident, _ = commands.create(draft, by=people.root.as_actor("web"), now=T0)
    paging.advance(T0)
    rows = {row.user.name: Message.from_json(row.message) for row in Delivery.objects.all()}
    assert dict(rows["Ann"].facts)["Warum Sie"] == "Schritt 1 von 1: im Schritt genannt"
    assert dict(rows["Ben"].facts)["Why you"] == "step 1 of 1: named in the step"
    assert (rows["Ann"].language, rows["Ben"].language) == ("de", "")
    assert rows["Ann"].service == rows["Ben"].service == "Payment API"
    assert set(Page.objects.values_list("reason", flat=True)) == {
        dict(rows["Ben"].facts)["Why you"]
    }
    people.ann.refresh_from_db()
    said = act(people.ann, Verb.ACKNOWLEDGE, incident, via="sms", now=T0)
    assert said == f"#{incident.pk} ist bestätigt: Kasse steht"
