"""Accounts of staff, and what they and the system have done: evidence that outlasts an erasure."""

from __future__ import annotations

from assistant.services.privacy.inventory.table import About, Erasure, Table, Term

V, S, O, N = About.VISITOR, About.STAFF, About.ORGANIZATION, About.NOBODY  # noqa: E741

STAFF = {
    "Removal": Table(
        "What was removed, when and on whose request: the tombstone of an erased visitor, by a random id alone.",
        Term.EVER, fields={O: "organization", S: "by", N: "id visitor reason counts pending at finished_at"},
    ),
    "AuditEntry": Table(
        "Who changed, looked at or exported what. Visitors appear by random ids alone; values about people are masked.",
        Term.EVER,
        fields={O: "organization", S: "by by_name network act at", N: "id model object_id name detail changes"},
    ),
    "User": Table(
        "Accounts of staff.", Term.OWNER,
        fields={
            S: "username first_name last_name email password last_login date_joined is_staff is_superuser is_active", N: "id"
        },
    ),
    "LogEntry": Table(
        "What staff changed in the admin. The names of an erased visitor's rows are emptied.", Term.OWNER, Erasure.BLANKED,
        fields={S: "user action_time action_flag change_message", V: "object_repr", N: "id content_type object_id"},
    ),
    "Authenticator": Table(
        "Second factors of staff: secrets are sealed, passkeys are public keys.", Term.OWNER,
        fields={S: "user type data created_at last_used_at", N: "id"},
    ),
    "UserSession": Table(
        "Logins of staff, for them to see and end: from which address and browser.", Term.SESSION,
        fields={S: "user ip user_agent created_at last_seen_at session_key data", N: "id"},
    ),
    "EmailAddress": Table(
        "Part of django-allauth; not used.", Term.OWNER, fields={S: "user email verified primary", N: "id"}
    ),
    "EmailConfirmation": Table(
        "Part of django-allauth; not used.", Term.OWNER, fields={S: "email_address created sent key", N: "id"}
    ),
    "Session": Table("Logins of staff.", Term.SESSION, fields={S: "session_key session_data expire_date"}),
    "Group": Table("Part of Django; not used.", Term.OWNER, fields={N: "id name"}),
    "Permission": Table("Part of Django; not used.", Term.OWNER, fields={N: "id name content_type codename"}),
    "ContentType": Table("Part of Django.", Term.OWNER, fields={N: "id app_label model"}),
}  # fmt: skip
