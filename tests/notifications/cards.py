"""Messages that tests of chats send."""

from notifications.domain.message import Action, Message

ORIGIN = "https://pager.example.com"
TAP = f"{ORIGIN}/a/WzcsMV0:t0ken:s1gn/"
URL = f"{ORIGIN}/incidents/7/"


def page(text: str = "Checkout is down") -> Message:
    return Message(
        kind="page",
        subject_id="7",
        title=f"#7 {text}",
        facts=(("Service", "Payment & Co"), ("Why you", text)),
        details=((text, text),),
        body=text,
        url=URL,
        actions=(Action("Acknowledge", TAP), Action("Open incident", URL, "secondary")),
        urgency="HIGH",
        tag="HIGH",
    )


def news(tag: str = "acknowledged", edits: str = "", kind: str = "service_event") -> Message:
    data = {"reference": edits} if edits else {}
    return Message(kind, "7", "#7 Checkout is down", url=URL, tag=tag, data=data)
