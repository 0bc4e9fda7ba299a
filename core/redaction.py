"""Strikes secrets out of text that is going to be logged: messages, URLs, headers, tracebacks.

The patterns know how secrets look, not where they come from: a library's own log lines and the
text of an exception are met here for the first time. Values end before quotes and backslashes, so
that a line of JSON stays one.
"""

import re

STRUCK = "[redacted]"

_VALUE = r"[^\s\"'\\,;&<>(){}\[\]]+"
_QUOTE = r"[\"']"
# Words whose value is a secret, as names of fields, parameters and settings.
_NAMES = (
    r"(?:access|refresh|id|auth|csrf|session|bot|api|setup|reset)?[_-]?token"
    r"|(?:api|routing|integration|service|access|private|secret|signing|field)[_-]?keys?"
    r"|(?:client[_-]?)?secret|pass(?:word|wd|phrase)?|pwd|signature|sig|credentials?"
    r"|sessionid|csrfmiddlewaretoken|x-api-key|x-opsknight-signature|key_pepper"
)
_HEADERS = r"(?:proxy-)?authorization|x-api-key|(?:set-)?cookie"
_SCHEMES = r"bearer|basic|digest|token|api-key|genie-?key"

# Each strikes out what stands behind its first group.
_PATTERNS = [
    # -----BEGIN … PRIVATE KEY-----
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?=-----END|\Z)",
    # Authorization: Bearer …; {'cookie': 'sessionid=…; …'}; (b'Authorization', b'Basic …')
    rf"((?<![\w-])(?:{_HEADERS}){_QUOTE}?\s*[:,=]\s*b?{_QUOTE})[^\"'\\]+",
    rf"((?<![\w-])(?:{_HEADERS})\s*[:=]\s*)[^\"'\\\r\n]+",
    rf"((?<![\w-])(?:{_SCHEMES})\s+(?:token=)?{_QUOTE}?)[A-Za-z0-9_\-.~+/=:]{{16,}}",
    # 'password': 'hunter2'; "token": "…"
    rf"((?<![\w-])(?:{_NAMES})\\?{_QUOTE}\s*[:=]\s*\\?b?{_QUOTE})[^\"'\\]+",
    # ?token=…; password=hunter2; --api-key=…
    rf"((?<![\w])(?:{_NAMES})=\\?{_QUOTE}?){_VALUE}",
    r"([?&](?:key|code|state|auth|jwt|hash|ticket|apikey)=)[^\s\"'\\&#<>]+",
    # smtp://user:password@host; https://token@host. A password may hold another @.
    r"((?<=[a-z0-9])://)[^\s\"'\\/?#<>]*(?=@)",
    # Links that open something: acknowledge, invitation, reset, feeds, boards, chat webhooks.
    r"(/(?:a|invite|calendar|board|reset/key|confirm-email|verify-email)/)[A-Za-z0-9_\-:=.%]{12,}",
    r"(hooks\.slack\.com/[a-z]+/|/api/webhooks/)[^\s\"'\\<>]+",
    # Signed values, JSON web tokens, our API keys, integration keys: known by their shape.
    r"()(?<![\w-])[A-Za-z0-9_\-]{6,}:[A-Za-z0-9_\-]{5,7}:[A-Za-z0-9_\-]{27,}",
    r"()(?<![\w-])eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*",
    r"()(?<![A-Za-z0-9])ok_[A-Za-z0-9_\-]{16,}",
    r"()(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])",
]
_SECRETS = [re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS]


def redact(text: str) -> str:
    """The text without what looks like a secret; names and hosts stay readable."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{STRUCK}", text)
    return text
