"""A storm for one person while processes die: all of it is named, in few messages."""

import random
import time

from bench.measures import drained
from bench.shield import WINDOW, most_within, named_in_mails
from drill.faults.kill import strike_for
from drill.flow import Flow
from drill.site import Site
from drill.verify import rows_are_right

RATE = 20.0  # distinct alerts per second
SECONDS = 45.0  # a bundle gathers for 75 s at most: one leaves with the whole storm
NAMED_SECONDS = 150.0
DRAIN_SECONDS = 60.0
LIMIT = 3
PERSON = b"To: alice@example.com"  # the pager tells the admin meanwhile how it fares itself


async def storm(site: Site) -> None:
    """Every accepted event is named in a mail, though each process that carries it is killed."""
    rng = random.Random(site.options.seed)
    site.mail.kept = []
    begun = time.monotonic()
    async with Flow(site.instance.port, site.instance.key, rate=RATE) as flow:
        strikes = await strike_for(SECONDS, site, rng)
        await flow.finish()
    site.report.say(f"{len(strikes)} kills while {len(flow.accepted)} events were accepted")
    wanted = await _numbers(site, flow)
    named = await named_in_mails(site.mail, set(wanted), NAMED_SECONDS)
    last = site.mail.kept[-1][0] - begun if site.mail.kept else 0.0
    missing = sorted(set(wanted) - named)
    detail = f"{len(wanted) - len(missing)} of {len(wanted)}, the last mail after {last:.0f} s"
    detail += f"; missing {missing[:5]}" if missing else ""
    site.report.check("every incident is named in a sent message", not missing, detail)
    _few(site)
    site.report.check("everything owed was done", await drained(site.instance, DRAIN_SECONDS))
    await rows_are_right(site, flow)


async def _numbers(site: Site, flow: Flow) -> list[int]:
    rows = await site.ask(
        "SELECT id FROM incidents_incident WHERE dedup_key LIKE %s", f"{flow.prefix}-%"
    )
    return [row[0] for row in rows]


def _few(site: Site) -> None:
    """By different messages: one that came twice, because its sender was killed, is one."""
    mails = [(at, mail) for at, mail in site.mail.kept or [] if PERSON in mail]
    twice = sum(times - 1 for times in site.mail.deliveries.values())
    found = most_within([at for at, _ in mails], WINDOW) - twice
    words = f"{len(mails)} mails to her, {twice} of them came twice"
    site.report.check(f"at most {LIMIT} messages in ten minutes", 0 < found <= LIMIT, words)
