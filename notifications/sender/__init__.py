"""The sender: turns Delivery rows into messages on the wire.

`loop` is the process, `claim` takes rows, `guards` asks whether they are still wanted, `pool` sends
in threads that never touch the database, `results` writes what became of them.
"""

from notifications.sender.loop import Sender

__all__ = ["Sender"]
