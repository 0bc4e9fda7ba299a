"""No secret reaches a log, whoever logs it and however: messages, arguments, URLs, tracebacks."""

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from core import egress, smtp
from core.logs import Console, formatter, redact

OURS = "ok_hLda20I22XfwLi5-yFuWLev9wLD2QsJY"
INTEGRATION = "98736307e6196fc02827622a3b96ec8a"
PASSWORD = "hunter2-of@the-mail"
BASIC = base64.b64encode(b"ann:correct horse").decode()
TOKEN = "bjVtobTYYEK_FeeQkZ-aHq0Ytp0"
COOKIE = "x6TIFQGrkGGjoyHfuPVXdR"
SECRETS = {OURS, INTEGRATION, PASSWORD, BASIC, TOKEN, COOKIE}
SMTP_URL = f"smtp+tls://pager:{PASSWORD}@mail.example.com:587"
CALL = f"https://hooks.example.com/v1/notify?token={TOKEN}&team=a"

Lines = Callable[[], str]


@pytest.fixture(params=[False, True], ids=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """What the console shows of every logger, down to DEBUG."""
    stream = io.StringIO()
    console = Console(stream)
    console.setFormatter(formatter(as_json=request.param))
    root, level = logging.getLogger(), logging.getLogger().level
    client = logging.getLogger("httpx")
    quiet = client.level
    root.addHandler(console)
    root.setLevel(logging.DEBUG)
    client.setLevel(logging.DEBUG)
    yield stream.getvalue
    root.removeHandler(console)
    root.setLevel(level)
    client.setLevel(quiet)


def leaked(text: str) -> set[str]:
    return {secret for secret in SECRETS if secret in text}


def call_the_provider(url: str, headers: dict[str, str]) -> None:
    """Fails as libraries do: with everything it was given in the message."""
    key = INTEGRATION
    raise ValueError(f"cannot call {url} with {headers!r} for /api/integrations/prometheus/{key}")


def test_an_exception_and_its_cause(lines: Lines) -> None:
    headers = {"Authorization": f"Bearer {OURS}", "Cookie": f"a=b; sessionid={COOKIE}"}
    try:
        try:
            call_the_provider(CALL, headers)
        except ValueError as cause:
            raise RuntimeError(f"mail through {SMTP_URL} failed, Basic {BASIC}") from cause
    except RuntimeError:
        logging.getLogger("opsknight.test").exception("delivery failed")
    shown = lines()
    assert not leaked(shown)
    assert "RuntimeError: mail through smtp+tls://[redacted]@mail.example.com:587" in shown
    assert "call_the_provider" in shown


def test_arguments_of_a_line_and_extra_fields(lines: Lines) -> None:
    log = logging.getLogger("opsknight.test")
    extra = {"headers": {"X-API-Key": INTEGRATION}, "url": SMTP_URL}
    log.warning("refused %s %r", CALL, {"authorization": f"Token token={OURS}"}, extra=extra)
    assert "refused https://hooks.example.com/v1/notify?token=[redacted]&team=a" in lines()
    assert not leaked(lines())


def test_the_lines_of_an_http_client(lines: Lines) -> None:
    logging.getLogger("httpx").info('HTTP Request: %s %s "%s"', "POST", CALL, "HTTP/1.1 200 OK")
    shown = [(b"Authorization", f"Basic {BASIC}".encode()), (b"Set-Cookie", COOKIE.encode())]
    logging.getLogger("httpcore.http11").debug("receive_response_headers.complete %r", shown)
    assert "HTTP Request: POST https://hooks.example.com" in lines()
    assert not leaked(lines())


def test_real_calls_that_fail(lines: Lines, settings) -> None:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    with pytest.raises(egress.EgressError) as refused:
        egress.request("GET", f"http://x:{OURS}@127.0.0.1:1/?token={TOKEN}", timeout=1)
    logging.getLogger("opsknight.test").error("%s", refused.value, exc_info=refused.value)
    with pytest.raises(smtp.SmtpError) as unsent:
        smtp.send(
            smtp.SmtpTarget.from_url("smtp://pager:hunter2-of%40the-mail@127.0.0.1:1"),
            mail_from="a@example.com",
            rcpt="b@example.com",
            message_bytes=b"",
            deadline_seconds=1,
        )
    logging.getLogger("opsknight.test").error("%s", unsent.value, exc_info=unsent.value)
    assert lines()
    assert not leaked(lines())


def test_a_line_whose_arguments_do_not_fit() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.setFormatter(formatter(as_json=False))
    values = {"name": "opsknight.test", "msg": "one %s two %s", "args": (OURS,)}
    console.handle(logging.makeLogRecord(values))
    assert stream.getvalue() == "a log line of opsknight.test failed: 'one %s two %s'\n"


def test_json_stays_json() -> None:
    line = json.dumps({"event": f'{{"password": "{PASSWORD}"}}', "token": TOKEN, "url": CALL})
    assert not leaked(redact(line))
    assert json.loads(redact(line))["event"] == '{"password": "[redacted]"}'


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {OURS}",
        f"X-API-Key={INTEGRATION}",
        f"/accounts/password/reset/key/3-{TOKEN}/",
        f"/invite/{TOKEN}/",
        f"/schedules/calendar/{TOKEN}.ics",
        f"/board/{TOKEN}",
        f"https://hooks.slack.com/services/T0/B0/{TOKEN}",
        f"password={PASSWORD} host=db",
        f"postgres://opsknight:{PASSWORD}@db:5432/opsknight",
        f"routing_key: {INTEGRATION}",
        f"-----BEGIN PRIVATE KEY-----\n{BASIC}\n-----END PRIVATE KEY-----",
    ],
)
def test_each_shape_of_a_secret(text: str) -> None:
    assert not leaked(redact(text))
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "incident 7: step 2 reached nobody, moving on",
        "dedup_key=checkout-latency-eu-west-1 action=triggered",
        "the token is not valid any more",
        "GET /incidents/?status=OPEN&page=2 200 12ms",
        "mail to bob@example.com was refused",
        "http://127.0.0.1:3000/incidents/inc_abcdefghij0123456789/",
        "the clock moved by +3600 s; what was due later moved along",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text
