"""What can go wrong on the way out, in words that may be shown and stored."""


class EgressError(Exception):
    """Base of both kinds.

    `reason` is readable and holds no URL, query, header or resolved address.
    `permanent`: trying the same again is pointless.
    `sent`: False = certainly no byte of the request left; True = the peer may have it.
    """

    def __init__(self, reason: str, *, permanent: bool, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.sent = sent


class EgressBlocked(EgressError):
    """We refuse to make this call; nothing was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True, sent=False)


class EgressFailed(EgressError):
    """The call was allowed, but no answer status came back."""

    def __init__(self, reason: str, *, permanent: bool = False, sent: bool = False) -> None:
        super().__init__(reason, permanent=permanent, sent=sent)
