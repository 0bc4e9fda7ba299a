"""The operator's mail server, read from one URL."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

_TLS_OF_SCHEME = {"smtp": "none", "smtp+tls": "starttls", "smtps": "implicit"}
_PORT_OF_TLS = {"none": 25, "starttls": 587, "implicit": 465}
_SHAPE = "a mail URL looks like smtp://user:password@host:port?tls=none|starttls|implicit&timeout=8"


@dataclass(frozen=True)
class SmtpTarget:
    """Where mail goes out. `timeout`: seconds that one mail may take at most."""

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_starttls: bool = False
    timeout: float = 8.0

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `smtp://user:password@host:port?tls=none|starttls|implicit&timeout=8`.

        Schemes: smtp (no TLS unless asked for), smtp+tls (STARTTLS or failure), smtps
        (TLS from the first byte). User and password are percent-decoded; the default port
        follows the kind of TLS: 25, 587, 465. Raises ValueError, without the password.
        """
        try:
            return cls._read(url)
        except (ValueError, KeyError):
            # The text of the cause may hold a part of the password.
            raise ValueError(_SHAPE) from None

    @classmethod
    def _read(cls, url: str) -> Self:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        tls = options.pop("tls", _TLS_OF_SCHEME[parts.scheme])
        timeout = float(options.pop("timeout", 8.0))
        in_range = 0 < timeout <= 60
        if options or parts.path.strip("/") or parts.fragment or not parts.hostname or not in_range:
            raise ValueError
        return cls(
            host=parts.hostname,
            port=parts.port or _PORT_OF_TLS[tls],
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            use_tls=tls == "implicit",
            use_starttls=tls == "starttls",
            timeout=timeout,
        )
