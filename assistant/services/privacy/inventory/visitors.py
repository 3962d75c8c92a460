"""What is about a visitor: conversations, appointments, the ledger, usage."""

from __future__ import annotations

from assistant.services.privacy.inventory.table import About, Erasure, Table, Term

V, S, O, N = About.VISITOR, About.STAFF, About.ORGANIZATION, About.NOBODY  # noqa: E741
IN_CONVERSATION = ("conversation__visitor",)
OF_APPOINTMENT = ("appointment__visitor", "appointment__conversation__visitor")

VISITORS = {
    "Visitor": Table(
        "To address a visitor, in their language and time zone, and to recognise them when they return.",
        Term.VISITORS, Erasure.DELETED, ("pk",),
        {
            V: "id external_id identified_at name name_verified_at email email_verified_at phone locale timezone attributes "
               "created_at last_seen_at",
            O: "organization",
        },
    ),
    "Conversation": Table(
        "To continue a conversation and show it to staff. The network is a keyed hash of an IP address, for limits.",
        Term.MESSAGES, Erasure.DELETED, ("visitor",),
        {
            V: "id visitor title language summary origin network created_at last_message_at consented_at state "
               "waiting_since reach person_at note_to_assistant rating rating_comment rated_at",
            O: "organization assistant", S: "staff assigned",
            N: "titled_at summary_seq thinking_until last_seq snoozed_until snoozed_seq seen_seq "
               "mailed_seq mail_due_at",
        },
    ),
    "Message": Table(
        "What was said: the conversation itself.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "id conversation seq role text state page sources files rating spoken at", S: "staff", N: "client_id turn"},
    ),
    "ConversationFile": Table(
        "Files that were sent in a conversation. Their contents are sealed in a storage, and deleted with the row.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "id conversation message name type size at", O: "organization", S: "by_staff", N: "from_staff state place"},
    ),
    "DroppedFile": Table(
        "Contents of deleted files, until they are deleted too.", Term.MINUTES,
        fields={O: "organization", N: "id place size at deleted_at"},
    ),
    "Notice": Table(
        "Which disclosure was shown and what the visitor agreed to, as evidence.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation text shown_at agreed_at", N: "id"},
    ),
    "ConversationNote": Table(
        "What staff note about a conversation for each other.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation text at", S: "by", N: "id"},
    ),
    "ConversationRead": Table(
        "How far each member of staff has read a conversation.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation", S: "user", N: "id seq"},
    ),
    "Notification": Table(
        "What staff are told of, and whether it was sent. What is about no conversation, such as a budget, is kept for "
        "62 days.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "conversation title created_at", O: "organization webhook", S: "user subscription",
            N: "id event key seq link state fence leased_until attempts next_attempt_at last_error sent_at",
        },
    ),
    "Event": Table(
        "To bring a widget up to date after a reconnect.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation type data at", N: "id seq message turn card"},
    ),
    "Turn": Table(
        "How a reply was produced: its state, model, tokens and times.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "id conversation message state code detail created_at started_at ended_at", O: "provider model",
            N: "opening_call fence leased_until deadline_at attempts stop_requested_at retryable rounds prompt_tokens "
               "completion_tokens first_token_ms total_ms",
        },
    ),
    "VoiceCall": Table(
        "Voice calls: how long each lasted, what ended it, and what is to be hung up. What was said is in the messages.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "id conversation state reason seconds created_at started_at ended_at",
            O: "organization provider provider_name source model",
            N: "health_key provider_call usage ends_at hung_up_at attempts next_attempt_at",
        },
    ),
    "HangUp": Table(
        "Voice calls that outlive their rows: the provider, its key and the call's id, sealed, until the call is over.",
        Term.MINUTES, fields={N: "id sealed_call attempts next_attempt_at"},
    ),
    "Card": Table(
        "What a visitor could choose from, and their receipts.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "id conversation kind state content choice created_at", N: "call action expires_at"},
    ),
    "Question": Table(
        "Questions without a good answer, for staff to answer.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "conversation message text last_at", O: "organization document version", S: "closed_by closed_at",
            N: "id key reason state times first_at",
        },
    ),
    "Replay": Table(
        "To compare what was answered with what would be answered now.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "conversation message results created_at", O: "organization texts", S: "by",
            N: "id state total problem fence attempts leased_until ended_at",
        },
    ),
    "ToolCall": Table(
        "The ledger: what was done for a visitor, with what and to what effect. Limits are counted from it.",
        Term.LEDGER, Erasure.COUNTED, (*IN_CONVERSATION, "turn__conversation__visitor"),
        {
            V: "id conversation arguments result sources receipt created_at started_at finished_at state",
            O: "organization method risk name",
            N: "turn model_call_id opaque round ordinal initiator dry_run code idempotency_key attempts",
        },
        "name",
    ),
    "Delivery": Table(
        "The outbox: messages to visitors and about them, and what became of each. Limits are counted from it.",
        Term.LEDGER, Erasure.COUNTED, (*IN_CONVERSATION, "appointment__visitor", "call__conversation__visitor"),
        {
            V: "id conversation appointment kind to reply_to subject text html ics state created_at sent_at",
            O: "organization channel",
            N: "call key ics_method send_before fence leased_until attempts next_attempt_at last_error",
        },
    ),
    "Appointment": Table(
        "Who comes when and for what. Without the person, it still says when a calendar was taken.",
        Term.VISITORS, Erasure.BLANKED, ("visitor", *IN_CONVERSATION),
        {
            V: "visitor conversation call reference visitor_timezone name email phone reason answers cancel_reason",
            O: "id organization calendar service state start_at end_at busy_from busy_until session seat timezone price",
            N: "held_until confirmed_at sequence created_at updated_at",
        },
        "id state start_at end_at timezone price created_at",
    ),
    "AppointmentNotice": Table(
        "Which reminders and follow-ups an appointment has had, so that each is sent once.",
        Term.VISITORS, Erasure.DELETED, OF_APPOINTMENT,
        {V: "appointment created_at", N: "id name covers_until"},
    ),
    "Feedback": Table(
        "What a visitor said of their appointment afterwards.",
        Term.VISITORS, Erasure.DELETED, OF_APPOINTMENT,
        {V: "appointment score comment created_at updated_at", N: "id"},
    ),
    "OutsideEntry": Table(
        "Whether an appointment is entered in an outside calendar. Erasure has the entry rewritten without the person.",
        Term.VISITORS, Erasure.UNLINKED, OF_APPOINTMENT,
        {V: "appointment", N: "id outside wanted written fence leased_until attempts next_attempt_at last_error"},
    ),
    "Usage": Table(
        "What models used and cost: budgets, statistics and invoices.",
        Term.NUMBERS, Erasure.UNLINKED, IN_CONVERSATION,
        {
            V: "conversation turn", O: "organization assistant provider provider_name source model",
            N: "id health_key task reserved cause prompt_tokens completion_tokens tokens_are prompt_price completion_price "
               "micros cost_is first_token_ms total_ms at",
        },
    ),
    "Spending": Table(
        "Counters of budgets. A visitor's is named by their id, a network's by its keyed hash.",
        Term.COUNTERS, Erasure.DELETED, (),
        {V: "subject", O: "organization", N: "id scope period tokens micros requests warned created_at"},
    ),
}  # fmt: skip
