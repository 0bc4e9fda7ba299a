"""Who reacts to what: the plug points of the product, dotted paths, read through settings."""

# Reactions to a typed timeline event, each called once per event by incidents.publishing.
INCIDENT_SUBSCRIBERS = {
    "news": "incidents.news.tell_those_paged",
    "service_webhooks": "incidents.webhooks.announce",
    "cards": "integrations.replies.cards.refresh",
    "watchers": "incidents.commands.watch_news.note_changes",
    "service_level": "incidents.commands.follow_events",
    "service_level_news": "incidents.news.tell_of_service_level",
}

# Reactions to the fate of a delivery, each called once per event by notifications.publishing.
DELIVERY_SUBSCRIBERS = {
    "timeline": "incidents.receipts.record",
    "bundles": "incidents.shield.receipts.record",
    "codes": "notifications.commands.forget_sent_codes",
    "gone_devices": "notifications.commands.retire_gone",
    "failed_ways": "notifications.commands.readiness.note_failures",
}

# Asked for each batch right before sending: which subjects must not be sent any more, and why.
DELIVERY_GUARDS = {
    "drill": "notifications.commands.drills.unwanted",
    "incident": "incidents.queries.unwanted_pages",
    "incident-card": "integrations.replies.cards.outdated",
    "incident-hook": "incidents.webhooks.overtaken",
    "watch": "incidents.commands.watch_news.unwanted_news",
    "mention": "incidents.commands.watch_news.unwanted_news",
    "bundle": "incidents.shield.freshness.unwanted",
}

# Asked after them: messages that have to say something else by now.
DELIVERY_RENEWALS = {
    "bundle": "incidents.shield.freshness.renewed",
}

# Asked before old deliveries are taken away: of these subjects, which are not over?
SUBJECTS_IN_USE = {
    "incident": "incidents.queries.not_over",
    "incident-news": "incidents.queries.not_over",
    "incident-hook": "incidents.queries.not_over",
    "incident-clock-hook": "incidents.queries.not_over",
    "incident-card": "incidents.queries.not_over",
    "bundle": "incidents.shield.freshness.not_over",
}

# kind -> module with `render(message)`, `send(rendered, delivery)`, `provider(address)`.
CHANNELS = {
    "EMAIL": "notifications.channels.email",
    "WEBHOOK": "notifications.channels.webhook",
    "IN_APP": "notifications.channels.in_app",
    "PUSH": "notifications.channels.push",
    "TELEGRAM": "notifications.channels.telegram",
    "NTFY": "notifications.channels.ntfy",
    "PUSHOVER": "notifications.channels.pushover",
    "SMS": "notifications.channels.sms",
    "VOICE": "notifications.channels.voice",
    "WHATSAPP": "notifications.channels.whatsapp",
    "SLACK": "notifications.channels.slack",
    "TEAMS": "notifications.channels.teams",
    "GOOGLE_CHAT": "notifications.channels.google_chat",
    "DISCORD": "notifications.channels.discord",
    "MATTERMOST": "notifications.channels.mattermost",
}

# Kind of a provider account -> module with `KIND` (notifications.providers.base).
PROVIDERS: dict[str, str] = {
    "webpush": "notifications.providers.webpush",
    "telegram": "notifications.providers.telegram",
    "ntfy": "notifications.providers.ntfy",
    "pushover": "notifications.providers.pushover",
    "twilio": "notifications.providers.twilio",
    "vonage": "notifications.providers.vonage",
    "slack": "notifications.providers.slack",
    "mail_smtp": "notifications.providers.mail_smtp",
    "ses": "notifications.providers.ses",
    "sendgrid": "notifications.providers.sendgrid",
    "resend": "notifications.providers.resend",
    "postmark": "notifications.providers.postmark",
    "mailgun": "notifications.providers.mailgun",
}

# Those that exist in demo mode only.
DEMO_PROVIDERS = {"simulator": "notifications.providers.simulator"}

# Integration type -> parser module.
VENDORS = {
    "prometheus": "integrations.vendors.prometheus",
}

# How services are doing, asked by their list: service ids -> active incidents by urgency.
SERVICE_ACTIVITY = "incidents.queries.activity_of_services"

# What pages whoever is on call in a schedule: schedule id -> names. While there are any, it stays.
SCHEDULE_USERS = "escalation.queries.policies_using_schedule"

# Who of some people is on duty, so that no quiet hours count: user ids, now -> user ids.
ON_DUTY = "schedules.queries.on_duty"

# What goes by support hours: primary key -> names. While there are any, they stay.
SUPPORT_HOURS_USERS: tuple[str, ...] = (
    "escalation.queries.policies_using_hours",
    "services.queries.services_by_hours",
)

# What needs a team: team id -> names. While there are any, the team stays.
TEAM_USERS = ("escalation.queries.policies_paging_team", "services.queries.services_of_team")

# A person has a new e-mail address: called with the person and the old one, in the transaction.
ADDRESS_FOLLOWERS = ("notifications.commands.follow_address",)

# A link that was mailed to a person was used: called with the person and now, in the transaction.
MAILBOX_PROOFS = ("notifications.commands.mailbox_proven",)

# What would reach nobody without a person: user id -> sentences, shown before one is disabled.
PERSON_DUTIES = ("escalation.queries.lost_without",)


def modules() -> set[str]:
    """What reacts and sends: loaded before the processes part, it is in memory once."""
    reactions = (INCIDENT_SUBSCRIBERS, DELIVERY_SUBSCRIBERS, DELIVERY_GUARDS, DELIVERY_RENEWALS)
    paths = [path for table in reactions for path in table.values()]
    whole = [*CHANNELS.values(), *PROVIDERS.values(), *VENDORS.values()]
    return {path.rpartition(".")[0] for path in paths} | set(whole)
