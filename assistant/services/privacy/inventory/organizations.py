"""What an organization has set up."""

from __future__ import annotations

from assistant.services.privacy.inventory.table import About, Table, Term

O, S, N = About.ORGANIZATION, About.STAFF, About.NOBODY  # noqa: E741

ORGANIZATIONS = {
    "Organization": Table(
        "The tenant and its settings.", Term.OWNER,
        fields={
            O: "name slug website team_email team_language phone timezone allowed_origins allow_any_origin "
               "use_platform_providers active require_two_factor keep_messages_days keep_visitors_days keep_ledger_days "
               "close_after_hours visitors_manage_data",
            N: "id revision created_at",
        },
    ),
    "FileTotal": Table(
        "How much an organization's files of conversations take up, for its limit.", Term.OWNER,
        fields={O: "organization bytes"},
    ),
    "Picture": Table(
        "Logos and avatars, which visitors see.", Term.OWNER,
        fields={O: "organization assistant data type width height at", N: "id"},
    ),
    "OfficeHours": Table("When the team answers.", Term.OWNER, fields={O: "organization weekday opens closes", N: "id"}),
    "OfficeClosure": Table(
        "When the team is away.", Term.OWNER, fields={O: "organization first_day last_day reason", N: "id"}
    ),
    "IdentityKey": Table(
        "Keys with which an organization's server signs who a visitor is.", Term.OWNER,
        fields={O: "organization name algorithm sealed_secret public_key enabled manages_data used_at", N: "id created_at"},
    ),
    "VisitorAttribute": Table(
        "What pages may say of visitors, such as their plan.", Term.OWNER,
        fields={O: "organization name label type in_prompt", N: "id"},
    ),
    "Membership": Table(
        "Who works for an organization, and in what role.", Term.OWNER, fields={S: "user role", O: "organization", N: "id"}
    ),
    "Invitation": Table(
        "Who was invited to an organization, by whom, and whether they joined.", Term.OWNER,
        fields={
            S: "email role by accepted_by created_at accepted_at withdrawn_at", O: "organization", N: "id number expires_at"
        },
    ),
    "NotificationChoice": Table(
        "What each member of staff wants to be told of.", Term.OWNER, fields={S: "user event in_page email push", N: "id"}
    ),
    "PushKey": Table(
        "Keys by which push services recognize this installation.", Term.KEY,
        fields={N: "id public_key sealed_private_key created_at"},
    ),
    "PushSubscription": Table(
        "Browsers in which staff have turned on notifications. The address and the keys are sealed.", Term.SESSION,
        fields={
            S: "user origin sealed_address sealed_keys browser created_at sent_at", N: "id key digest last_error"
        },
    ),
    "TeamWebhook": Table(
        "Addresses of teams that are told of events.", Term.OWNER,
        fields={O: "organization name kind enabled events origin sealed_address sealed_secret", N: "id last_error"},
    ),
    "Tag": Table("Words by which staff sort conversations.", Term.OWNER, fields={O: "organization name", N: "id"}),
    "CannedReply": Table("Replies that staff have prepared.", Term.OWNER, fields={O: "organization shortcut text", N: "id"}),
    "Calendar": Table(
        "What can be booked.", Term.OWNER,
        fields={O: "organization name timezone location hold_minutes unproven_per_day", N: "id"},
    ),
    "OpeningHours": Table("What can be booked.", Term.OWNER, fields={O: "calendar weekday opens closes", N: "id"}),
    "Closure": Table("What can be booked.", Term.OWNER, fields={O: "calendar first_day last_day reason", N: "id"}),
    "SpecialHours": Table(
        "What can be booked.", Term.OWNER, fields={O: "calendar first_day last_day opens closes reason", N: "id"}
    ),
    "Service": Table(
        "What can be booked.", Term.OWNER,
        fields={
            O: "organization name description active colour order minutes buffer_before_minutes buffer_after_minutes "
               "step_minutes price place location capacity choice notice_minutes horizon_days per_day per_visitor approval "
               "cancel_hours ask_cancel_reason ask_phone ask_notes reminder_hours remind_team follow_up_hours",
            N: "id",
        },
    ),
    "Offering": Table("What can be booked.", Term.OWNER, fields={O: "service calendar order minutes price", N: "id"}),
    "FormField": Table(
        "What visitors are asked when they book.", Term.OWNER,
        fields={O: "service label kind options required help order translations", N: "id"},
    ),
    "BlockedTime": Table("What can be booked.", Term.OWNER, fields={O: "calendar start_at end_at reason", N: "id"}),
    "MessageTemplate": Table(
        "The organization's own texts of messages about appointments.", Term.OWNER,
        fields={O: "organization message audience language subject text", N: "id"},
    ),
    "CalendarFeed": Table(
        "Addresses at which other calendars can subscribe to appointments.", Term.OWNER,
        fields={O: "organization calendar shows_name shows_contact shows_reason", N: "id serial read_at created_at"},
    ),
    "MessageChannel": Table(
        "Gateways and webhooks that get messages about appointments: visitors' phone numbers go to the one, all that an "
        "appointment says of them to the other.", Term.OWNER,
        fields={
            O: "organization name kind enabled format body sends_changes sends_reminders per_day origin sealed_address "
               "sealed_headers",
            N: "id created_at",
        },
    ),
    "OutsideCalendar": Table(
        "Calendars elsewhere that are read for busy times or get the bookings.", Term.OWNER,
        fields={
            O: "organization calendar name kind enabled reads_busy writes_bookings account remote_id username origin "
               "sealed_address sealed_password",
            N: "id etag last_modified sync_token full_at fence leased_until failures next_read_at tried_at read_at "
               "last_error note created_at",
        },
    ),
    "OAuthClient": Table(
        "Registrations with Google and Microsoft, through which calendar accounts are connected.", Term.OWNER,
        fields={O: "organization provider client_id sealed_secret tenant", N: "id created_at"},
    ),
    "CalendarAccount": Table(
        "Accounts at Google and Microsoft that staff have connected: tokens, and the names of their calendars.", Term.OWNER,
        fields={
            O: "organization provider name address state client_id sealed_access sealed_refresh calendars",
            S: "connected_by",
            N: "id problem pending expires_at fence leased_until connected_at created_at",
        },
    ),
    "BusyTime": Table(
        "When an outside calendar is busy: times alone, no titles.", Term.OWNER,
        fields={O: "source calendar start_at end_at", N: "id"},
    ),
    "Method": Table(
        "What assistants can do.", Term.OWNER,
        fields={
            O: "organization name kind enabled description instruction public_label parameters translations fixed config "
               "secrets risk confirm per_visitor_per_day per_day per_network_per_day source",
            N: "id created_at updated_at",
        },
    ),
    "NoticeText": Table(
        "The versions of disclosures and consent texts.", Term.OWNER,
        fields={O: "assistant kind language version text since", N: "id"},
    ),
    "Assistant": Table(
        "Assistants and their settings.", Term.OWNER,
        fields={
            O: "organization name public_key enabled instructions knowledge title greeting starters disclosure consent "
               "translations accent position locale launcher_label phone_position offset_x offset_y phone_offset_x "
               "phone_offset_y z_index show_on hide_on teaser page_messages teaser_after teaser_on_exit sound provider "
               "model fast_model fallback_model temperature max_output_tokens history_messages history_tokens makes_notes "
               "reuse_answers_hours limit_sentence accepts_files voice voice_name voice_minutes seen_at "
               "seen_origin",
            N: "id created_at updated_at",
        },
    ),
    "RefusedOrigin": Table(
        "Sites that asked for the widget and may not show it.", Term.OWNER,
        fields={O: "assistant origin ignored", N: "id first_at last_at"},
    ),
    "PromptVersion": Table(
        "Earlier texts of an assistant, and who changed them.", Term.OWNER,
        fields={O: "assistant number instructions knowledge greeting restores", S: "by at", N: "id"},
    ),
    "PromptDraft": Table(
        "Texts of an assistant that are still being tried.", Term.OWNER,
        fields={O: "assistant instructions knowledge greeting based_on edits", S: "by at", N: "id"},
    ),
    "Provider": Table(
        "Model servers and their keys.", Term.OWNER,
        fields={
            O: "organization name preset base_url api_version auth operator_origin sealed_key key_origin key_hint "
               "key_set_at headers smart fast realtime fallback_model temperature max_output_tokens reasoning_effort "
               "timeout_seconds weight enabled",
            N: "id created_at updated_at",
        },
    ),
    "ProviderHealth": Table(
        "Whether model servers answer, and what they support.", Term.OWNER,
        fields={
            N: "id key model provider name failures openings cause failed_at open_until probe_until successes capabilities "
               "origins measured_at measure_after"
        },
    ),
    "Rotation": Table("Which provider is asked next.", Term.OWNER, fields={N: "key number"}),
    "Budget": Table(
        "Limits of what models may use.", Term.OWNER,
        fields={
            O: "organization visitor_day_tokens network_day_tokens day_tokens month_tokens day_dollars month_dollars "
               "requests_per_minute sentence",
            N: "id",
        },
    ),
    "Price": Table("What models cost.", Term.OWNER, fields={O: "organization model prompt completion", N: "id updated_at"}),
    "Document": Table(
        "What assistants may look up.", Term.OWNER,
        fields={
            O: "organization kind title url text refresh_hours",
            N: "id state fence leased_until attempts next_read_at read_at code problem note etag last_modified "
               "words_version created_at updated_at",
        },
    ),
    "DocumentFile": Table(
        "An uploaded file, until it has been read.", Term.OWNER, fields={O: "document name data encoding", N: "id"}
    ),
    "Passage": Table(
        "The search index of documents.", Term.OWNER, fields={O: "document position title text words", N: "id"}
    ),
    "PassageVector": Table(
        "The search index of documents.", Term.OWNER, fields={O: "passage model dimension numbers"}
    ),
    "Embedding": Table(
        "How far the search index has come.", Term.OWNER,
        fields={O: "organization", N: "version fence leased_until failures next_at problem"},
    ),
}  # fmt: skip
