"""The sender: turns Delivery rows into messages on the wire.

`loop` is the process, `claim` takes rows, `guards` asks whether they are still wanted, `pool` sends
in threads that never touch the database, `notebook` keeps what they got through until `results`
has written what became of it.
"""

from notifications.sender.loop import Sender

__all__ = ["Sender"]
