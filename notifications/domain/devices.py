"""Devices that take pushes: what is stored of one, what it is called, when it is gone. Pure."""

import json
from dataclasses import dataclass

# How the reason of a failure begins when the device will never take a push again.
GONE = "this device takes no pushes any more"
_SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
# In this order: nearly all of them call themselves Chrome and Safari too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """What encrypts for a device; `key`: the public key of ours that it subscribed with."""

    p256dh: str
    auth: str
    key: str = ""

    def to_text(self) -> str:
        return json.dumps({"p256dh": self.p256dh, "auth": self.auth, "key": self.key})

    @classmethod
    def from_text(cls, text: str) -> "DeviceKeys":
        """Raises ValueError for anything that `to_text` did not write."""
        try:
            found = json.loads(text)
            return cls(str(found["p256dh"]), str(found["auth"]), str(found.get("key", "")))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("these are no keys of a device") from error


def label_of(user_agent: str) -> str:
    """ "Chrome on Android", from the header that browsers send; "Device" when it says nothing."""
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    browser = next((name for word, name in _BROWSERS if word in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Device"
