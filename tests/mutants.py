"""`make mutants`: takes one mechanism after the other out of a copy of the tree, and runs the test that guards it.

`python -m tests.mutants fence quota` tries those alone whose names contain one of the words. The results are kept in
`docs/mutants.md`; `tests/test_mutants.py` checks that each mechanism is still where it is taken out, that its test still
exists, and that the two were tried together.

A test guards a mechanism if it passes in the unchanged copy, runs without the mechanism, and fails. One that is skipped,
that cannot be collected or whose fixtures fail shows nothing, and neither does a name that the change has left undefined.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.servers import ROOT, environment

TABLE = ROOT / "docs" / "mutants.md"
HEAD = """# Mechanisms, and the tests that notice their absence

`make mutants` takes each of these out of a copy of the tree, one at a time, and runs the test that guards it. Each test
passed in the unchanged copy first, and failed without the mechanism on the day that is given.

| Without | in | fails | tried |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    before: str  # occurs once in the file
    after: str
    test_file: str
    test: str  # must fail without the mechanism

    @property
    def node(self) -> str:
        return f"{self.test_file}::{self.test}"

    def row(self, result: str) -> str:
        return f"| {self.name} | `{self.file}` | {result} |"


SERVICES, TESTS = "assistant/services", "tests/assistant"
MUTANTS = (
    # Turns: leases, fences, what widgets are sent
    Mutant("fences on ephemeral events", "assistant/live/fences.py", "if fence < self._newest.get(turn, 0):", "if False:",
           f"{TESTS}/test_live.py", "test_events_of_an_earlier_runner_are_dropped"),
    Mutant("silence of a runner whose lease has lapsed", "assistant/turns/reply.py", "if not holds_lease(turn):",
           "if False:",
           f"{TESTS}/test_turns.py",
           "test_a_runner_whose_lease_has_run_out_by_its_own_clocks_shows_nothing_until_it_is_renewed"),
    Mutant("the fence of a turn's outcome", f"{SERVICES}/conversations/outcomes.py",
           "WHERE id = %s AND fence = %s AND state = 'running' RETURNING", "WHERE id = %s AND %s > 0 RETURNING",
           f"{TESTS}/services/conversations/test_conversations.py",
           "test_a_lapsed_lease_is_taken_over_and_the_late_writer_is_refused"),
    Mutant("the fence of a renewed lease", f"{SERVICES}/conversations/leases.py",
           "mine = Turn.objects.filter(pk=turn.pk, fence=turn.fence, state=Turn.State.RUNNING)",
           "mine = Turn.objects.filter(pk=turn.pk)",
           f"{TESTS}/test_turns.py", "test_a_runner_that_lost_its_lease_writes_nothing"),
    Mutant("the fence of an e-mail's outcome", f"{SERVICES}/deliveries/outbox.py",
           "filter(pk=delivery.pk, fence=delivery.fence, state=Delivery.State.SENDING)", "filter(pk=delivery.pk)",
           f"{TESTS}/services/deliveries/test_outbox.py", "test_a_worker_whose_lease_is_lost_cannot_write"),
    Mutant("the judging of a reply's first words", "assistant/engine/claims.py", " or not _claims_nothing(words)", "",
           f"{TESTS}/engine/test_waiting.py", "test_while_nothing_was_done_a_first_word_that_may_come_to_matter_waits"),
    Mutant("the words that a pattern needs together", "assistant/engine/needed_words.py", "if bits & found == bits:\n",
           "if bits:\n",
           f"{TESTS}/engine/test_needed_words.py", "test_what_a_pattern_needs_is_what_its_matches_have"),
    Mutant("a word that a search's end cuts", "assistant/engine/caseless.py", "if pos or endpos is not None:",
           "if pos or endpos is not None and self.needs.met_by(text):",
           f"{TESTS}/engine/test_caseless.py", "test_a_word_that_the_end_of_a_search_cuts_is_another_word"),
    Mutant("a pause for a cache that is down", "assistant/live/drafts.py",
           "self._paused_until = time.monotonic() + CACHE_PAUSE_SECONDS", "pass",
           f"{TESTS}/test_turns.py", "test_a_cache_that_hangs_holds_up_no_database_thread_and_is_left_alone_for_a_while"),
    # Notifications to staff
    Mutant("the removal of a browser that is gone", f"{SERVICES}/notifications/push.py", "if problem.status in GONE:",
           "if False:",
           f"{TESTS}/services/notifications/test_push.py",
           "test_a_browser_that_its_push_service_does_not_know_any_longer_is_removed"),
    Mutant("the end of a browser with its session", f"{SERVICES}/notifications/push.py",
           "ids = instance.get_decoded().get(IN_SESSION, [])", "ids = []",
           f"{TESTS}/services/notifications/test_push.py",
           "test_logging_out_ends_what_was_turned_on_in_that_session_and_nothing_else"),
    Mutant("a browser of somebody who has left", f"{SERVICES}/notifications/queue.py",
           "if row.subscription is not None and not push.is_theirs(row):", "if False:",
           f"{TESTS}/services/notifications/test_push.py",
           "test_who_was_removed_from_the_organization_or_deactivated_gets_nothing_more"),
    Mutant("the choice of what a page is told of", "assistant/admin/inbox/socket.py",
           "if self.only_notices and not await self._wants(payload or {}, organization_id):", "if False:",
           f"{TESTS}/admin/test_inbox_socket.py", "test_any_page_is_told_of_what_its_person_has_chosen_and_of_nothing_else"),
    Mutant("a mail of the mailbox that nothing can take in", f"{SERVICES}/conversations/mailbox.py",
           "Exception:\n        log.exception(\"A mail of", "NotImplementedError:\n        log.exception(\"A mail of",
           f"{TESTS}/services/conversations/test_mailbox.py",
           "test_a_mail_that_nothing_can_take_in_is_flagged_for_people_to_find"),
    Mutant("a mailbox's certificate", f"{SERVICES}/conversations/mailbox.py",
           "context = context or ssl.create_default_context()", "context = context or ssl._create_unverified_context()",
           f"{TESTS}/services/conversations/test_mailbox.py",
           "test_a_server_whose_certificate_nobody_vouches_for_gets_no_password"),
    # Voice calls
    Mutant("the end of a call whose minutes are over", f"{SERVICES}/conversations/voice_calls.py",
           "(active.filter(ends_at__lte=now), VoiceCall.Reason.LIMIT),", "(active.none(), VoiceCall.Reason.LIMIT),",
           f"{TESTS}/test_voice_calls.py", "test_the_server_hangs_up_a_call_whose_time_is_over"),
    Mutant("the id of a call before its answer", "assistant/voice.py",
           "await in_db(voice_calls.connected)(call, connected.call)", "pass",
           f"{TESTS}/test_voice_calls.py", "test_the_server_hangs_up_a_call_whose_time_is_over"),
    Mutant("the hang-up of an erased visitor's call", f"{SERVICES}/privacy/erasure.py",
           "**removed_calls.pending_of(conversations),", "",
           f"{TESTS}/services/conversations/test_removed_calls.py", "test_the_call_of_a_visitor_who_is_erased_is_hung_up"),
    Mutant("the hang-up of a call that is deleted with its organization", "assistant/voice.py",
           "hang_ups.keep(_for_later(provider, instance.provider_call))", "pass",
           f"{TESTS}/services/conversations/test_removed_calls.py",
           "test_a_call_is_hung_up_when_all_that_it_belongs_to_is_deleted"),
    Mutant("the hang-up of a call whose row is gone", f"{SERVICES}/conversations/voice_calls.py",
           "if not known:", "if False:",
           f"{TESTS}/services/conversations/test_removed_calls.py",
           "test_a_call_whose_visitor_is_erased_while_the_provider_begins_it_is_hung_up_and_not_answered"),
    Mutant("a call that retention waits for", f"{SERVICES}/privacy/retention.py",
           "VoiceCall.objects.not_over()", "VoiceCall.objects.none()",
           f"{TESTS}/services/conversations/test_removed_calls.py",
           "test_retention_leaves_a_conversation_until_its_call_is_over"),
    Mutant("the least that a call is charged", f"{SERVICES}/conversations/voice_calls.py",
           "max(tokens.prompt_tokens, int(lasted * HEARD_TOKENS_PER_SECOND))", "tokens.prompt_tokens",
           f"{TESTS}/test_voice_calls.py", "test_a_browser_that_reports_nothing_is_charged_for_the_time_it_was_connected"),
    Mutant("the correction of a spoken claim", "assistant/voice.py",
           'CORRECTION if await in_db(_correct)(conversation, text) else ""', '""',
           f"{TESTS}/test_voice_calls.py", "test_a_spoken_claim_without_a_receipt_is_corrected_on_the_screen_and_aloud"),
    Mutant("the refusal of a voice model that has ended", "assistant/voice.py", "if one.days < 0]", "if False]",
           f"{TESTS}/test_voice_calls.py", "test_a_voice_model_that_has_been_shut_down_is_not_offered"),
    # Visitors who log in
    Mutant("the key's algorithm, not the token's", f"{SERVICES}/organizations/identity.py",
           "[key for key in enabled if key.algorithm == header[\"alg\"]]", "enabled",
           f"{TESTS}/services/organizations/test_identity.py", "test_a_public_key_is_no_shared_secret"),
    Mutant("the audience of a token", f"{SERVICES}/organizations/identity.py", '["aud", "sub", "exp"]},',
           '["aud", "sub", "exp"], "verify_aud": False},',
           f"{TESTS}/services/organizations/test_identity.py", "test_a_token_for_another_assistant_is_refused"),
    Mutant("another session token after the login", f"{SERVICES}/conversations/sessions.py",
           "if conversation.visitor.external_id and until is None:", "if False:",
           f"{TESTS}/services/conversations/test_identification.py",
           "test_what_was_said_before_the_login_goes_on_under_a_token_that_nobody_had_before"),
    Mutant("what is signed, kept from what is said", f"{SERVICES}/conversations/sessions.py",
           'if not verified and kept.get(name, {}).get("verified"):', "if False:",
           f"{TESTS}/services/conversations/test_identification.py",
           "test_what_the_server_has_signed_is_not_changed_by_what_a_page_says"),
    Mutant("a proof that goes with the address it is of", f"{SERVICES}/conversations/sessions.py",
           "**_unless_signed(changes), ", "",
           f"{TESTS}/services/conversations/test_identification.py",
           "test_an_address_is_never_proven_by_the_code_for_another"),
    # The ledger
    Mutant("closing a turn's calls with the turn", f"{SERVICES}/conversations/outcomes.py", "ledger.close_with(turn)",
           "pass",
           f"{TESTS}/services/methods/test_ledger.py", "test_a_turn_that_ends_closes_its_calls_and_lets_a_card_wait_on"),
    Mutant("the fence of a call that begins", f"{SERVICES}/methods/ledger.py",
           "if not (written[0][0] if written else _holds(place.turn)):", "if False:",
           f"{TESTS}/services/methods/test_ledger.py", "test_nothing_is_written_for_a_runner_whose_lease_is_lost"),
    Mutant("closing orphaned calls that were sent", f"{SERVICES}/methods/ledger.py",
           "ToolCall.objects.filter(pk__in=sent, state=State.SENT)", "ToolCall.objects.none()",
           f"{TESTS}/services/methods/test_ledger.py", "test_a_turn_that_ends_closes_its_calls_and_lets_a_card_wait_on"),
    Mutant("closing orphaned calls that had not begun", f"{SERVICES}/methods/ledger.py",
           "state__in=[State.PENDING, State.WAITING]).update(", "state__in=[]).update(",
           f"{TESTS}/services/methods/test_ledger.py", "test_a_turn_that_ends_closes_its_calls_and_lets_a_card_wait_on"),
    # Staff
    Mutant("the last owner's stay", f"{SERVICES}/organizations/members.py", "if is_last_owner(membership):", "if False:",
           f"{TESTS}/services/organizations/test_members.py", "test_the_last_owner_is_neither_demoted_nor_removed"),
    Mutant("the signature of an invitation", f"{SERVICES}/organizations/members.py",
           "if not signatures.is_signed(SALT, f\"{key.hex} {count}\", signature, SIGNED_CHARS):", "if False:",
           f"{TESTS}/services/organizations/test_members.py", "test_a_link_of_another_invitation_has_another_signature"),
    Mutant("the end of a removed member's sessions", f"{SERVICES}/organizations/members.py",
           "end_sessions(held.user)", "pass",
           f"{TESTS}/services/organizations/test_members.py", "test_a_removed_member_is_out_at_once_everywhere"),
    Mutant("the end of an old password's sessions", f"{SERVICES}/passwords.py",
           "members.end_sessions(user)", "pass",
           f"{TESTS}/admin/test_accounts.py", "test_a_new_password_ends_the_other_sessions_and_what_was_turned_on_in_them"),
    Mutant("the demand for a second factor", "assistant/admin/accounts/guard.py",
           "if request.path_info.startswith(free) or not members.lacks_two_factor(user):", "if True:",
           f"{TESTS}/admin/test_accounts.py", "test_a_member_without_a_required_factor_can_do_nothing_but_set_it_up"),
    Mutant("masked values in the audit log", f"{SERVICES}/audit.py",
           "if about_visitor or name in PERSONAL or SECRET.search(name):", "if False:",
           f"{TESTS}/admin/test_audit.py", "test_secrets_and_personal_values_are_masked"),
    Mutant("looks in the audit log", "assistant/admin/audit_trail.py", "audit.record_look(row)", "pass",
           f"{TESTS}/admin/test_audit.py", "test_opening_a_row_about_a_visitor_is_recorded_once"),
    # Quotas and limits
    Mutant("a method's quota per network", f"{SERVICES}/methods/policy.py", 'return "network_quota"', "pass",
           "tests/attacks/test_quotas.py", "test_one_network_uses_up_its_share_of_a_method_and_no_more"),
    Mutant("a day's tokens per network", f"{SERVICES}/providers/budgets.py",
           'limits.append(_Limit("network", conversation.network, day, budget.network_day_tokens))', "pass",
           f"{TESTS}/services/providers/test_budgets.py", "test_what_was_reserved_gives_way_to_what_was_taken"),
    Mutant("a day's tokens per visitor", f"{SERVICES}/providers/budgets.py",
           'limits.append(_Limit("visitor", str(conversation.visitor_id), day, budget.visitor_day_tokens))', "pass",
           f"{TESTS}/services/providers/test_budgets.py", "test_what_was_reserved_gives_way_to_what_was_taken"),
    Mutant("rate limits per network", f"{SERVICES}/organizations/rate_limits.py", '("network", network, limit.network)',
           '("network", "", limit.network)',
           "tests/attacks/test_limits.py", "test_the_number_of_conversations_a_network_begins_is_limited"),
    Mutant("rate limits per visitor", f"{SERVICES}/organizations/rate_limits.py", '("visitor", visitor, limit.visitor)',
           '("visitor", "", limit.visitor)',
           "tests/attacks/test_limits.py", "test_one_request_too_many_is_refused"),
    Mutant("charging what a resumed session brought back", f"{SERVICES}/organizations/rate_limits.py",
           "cost=1 + size // CHARGED_BYTES", "cost=0",
           "tests/attacks/test_limits.py", "test_reopening_one_socket_over_and_over_ends_it"),
    # Where requests go
    Mutant("refusing requests to ourselves", "assistant/outbound/__init__.py", "own_origin.check(url)", "pass",
           "tests/attacks/test_own_address.py", "test_no_other_address_of_ours_may_be_asked"),
    Mutant("refusing private addresses without DNS", "assistant/outbound/__init__.py", "guard.check_public(url)", "pass",
           f"{TESTS}/test_outbound.py", "test_the_operators_own_addresses_may_be_private"),
    Mutant("checking every answer of the resolver", "assistant/outbound/guard.py",
           "if any(why_refused(address) for _, address in answers):", "if False:",
           f"{TESTS}/test_outbound.py", "test_an_address_that_is_not_public_is_never_connected_to"),
    Mutant("checking the address that is connected to", "assistant/outbound/guard.py", "if why_refused(target):",
           "if False:",
           f"{TESTS}/test_outbound.py", "test_resolver_and_socket_refuse_private_addresses_without_the_check_of_the_url"),
    # Model servers
    Mutant("lessons of a refusal", "assistant/providers/router/router.py", "known.update(new.items())\n        return new",
           "return {}",
           f"{TESTS}/providers/test_lessons.py", "test_what_a_server_refuses_is_learnt_once_and_for_all"),
    Mutant("no failover after the first visible word", "assistant/providers/router/router.py", "self._shown = True", "pass",
           f"{TESTS}/providers/test_attempts.py", "test_two_models_never_share_a_reply_however_many_rounds_it_has"),
    Mutant("giving back the probe of a stopped turn", "assistant/providers/router/router.py",
           "if asked.place in plan.half_open and not text:", "if False:",
           f"{TESTS}/providers/test_router.py",
           "test_a_turn_that_is_cancelled_while_it_probes_leaves_the_probe_to_the_next"),
    # Knowledge and appointments
    Mutant("no booking for a call that was given up", f"{SERVICES}/booking/locks.py", "ledger.act_for(call)", "pass",
           f"{TESTS}/services/booking/appointments/test_given_up.py",
           "test_a_call_that_was_given_up_while_it_waited_for_the_lock_holds_nothing"),
    Mutant("no hold of a call that has ended", "assistant/models/booking/appointments.py", " & ~_of_ended_call()", "",
           f"{TESTS}/services/booking/appointments/test_given_up.py",
           "test_a_time_that_was_held_for_a_call_that_has_ended_is_free"),
    Mutant("done, where a call took effect before it was given up", f"{SERVICES}/methods/ledger.py",
           "without = state in (State.FAILED, State.UNKNOWN)", "without = False",
           f"{TESTS}/services/booking/appointments/test_given_up.py",
           "test_a_call_that_booked_before_it_was_given_up_is_done_and_not_failed"),
    Mutant("a bound on the wait for a calendar", f"{SERVICES}/booking/locks.py", "with atomic(seconds):",
           "with atomic(None):",
           "tests/faults/test_booking_races.py",
           "test_a_booker_who_waits_for_a_calendar_for_too_long_is_told_that_it_is_busy"),
    Mutant("the lock on a calendar", f"{SERVICES}/booking/locks.py",
           "Calendar.objects.select_for_update(no_key=True).filter(", "Calendar.objects.filter(",
           "tests/faults/test_booking_races.py", "test_of_those_who_want_overlapping_times_one_gets_one"),
    Mutant("the fence of passages' vectors", f"{SERVICES}/knowledge/vectors.py",
           "select_for_update().filter(pk=embedding.pk, fence=embedding.fence)",
           "select_for_update().filter(pk=embedding.pk)",
           f"{TESTS}/services/knowledge/test_vector_runs.py",
           "test_a_killed_task_is_gone_on_with_when_its_lease_lapses_and_nothing_is_asked_twice"),
    Mutant("the bound of vectors in memory", f"{SERVICES}/knowledge/vectors.py", "if size > self.max_bytes and",
           "if False and",
           f"{TESTS}/services/knowledge/test_vectors.py", "test_memory_has_a_bound_and_what_had_to_go_comes_back"),
    # What visitors have to agree to, and what they send
    Mutant("consent before the first message", f"{SERVICES}/conversations/notices.py", "if is_due(conversation):",
           "if False:",
           "tests/widget/test_consent.py", "test_a_first_message_needs_consent"),
    Mutant("the room for an organization's files", f"{SERVICES}/files/uploads.py",
           "if total + size > settings.FILES_ORGANIZATION_MB * MEGABYTE:", "if False:",
           f"{TESTS}/services/files/test_uploads.py", "test_limits_of_size_and_number_hold_for_visitors_and_staff"),
    Mutant("refusal of files that could not be scanned", f"{SERVICES}/files/scanning.py",
           'if said != b"stream: OK":', "if False:",
           f"{TESTS}/services/files/test_scanning.py", "test_an_answer_that_is_neither_lets_nothing_through"),
    Mutant("the most files of a download", f"{SERVICES}/privacy/export.py", 'if taken + file.size > most else ""',
           'if False else ""',
           f"{TESTS}/services/files/test_uploads.py",
           "test_an_export_says_which_files_were_too_much_for_it_and_which_could_not_be_read"),
    Mutant("one download at a time", f"{SERVICES}/privacy/own_data.py", "if not making.acquire(blocking=False):",
           "if False:",
           f"{TESTS}/services/privacy/test_own_data.py",
           "test_while_one_download_is_made_another_waits_and_afterwards_gets_its_own"),
    Mutant("how far the team has read, which never goes back", f"{SERVICES}/conversations/inbox.py",
           "filter(pk=row.pk, seq__lt=read).update(seq=read)", "filter(pk=row.pk).update(seq=read)",
           f"{TESTS}/services/conversations/test_inbox.py",
           "test_a_message_is_unread_for_each_person_until_they_have_read_it"),
    Mutant("mail beyond the limit, which is to come again", "widget/inbound_mail.py",
           "return _later(error)\n    except ValueError:", "return _said(\"limited\", 200)\n    except ValueError:",
           f"{TESTS}/services/conversations/test_email_replies.py",
           "test_mail_beyond_the_limit_is_to_come_again_and_is_noted_for_staff_once"),
    Mutant("words about a quote, which prove nothing alone", f"{SERVICES}/conversations/quoted_mail.py",
           "if is_last or mail.is_ours_below(intro) or mail.is_forwarded(intro):", "if True:",
           f"{TESTS}/services/conversations/test_quoted_mail.py",
           "test_a_sentence_like_the_words_about_a_quote_cuts_nothing_off"),
    Mutant("words below a quote in a mail", f"{SERVICES}/conversations/quoted_mail.py",
           'return Split([*above, "", *below])', "return Split(above)",
           f"{TESTS}/services/conversations/test_quoted_mail.py",
           "test_an_answer_below_the_quote_is_what_they_wrote"),
    Mutant("a mail of nothing but a quote", f"{SERVICES}/conversations/email_replies.py",
           "if not text and (text := _tidied(read.text.split(\"\\n\"))):", "if False:",
           f"{TESTS}/services/conversations/test_quoted_mail.py",
           "test_a_mail_that_is_nothing_but_a_quote_is_kept_whole_and_noted"),
    Mutant("a mail that becomes several messages", f"{SERVICES}/conversations/email_replies.py",
           "texts = in_pieces(text, settings.MESSAGE_MAX_CHARS)", "texts = [text[: settings.MESSAGE_MAX_CHARS]]",
           f"{TESTS}/services/conversations/test_email_replies.py",
           "test_a_reply_that_is_longer_than_a_message_becomes_several_once"),
    Mutant("a mail in a charset that nothing knows", f"{SERVICES}/conversations/mail_text.py",
           'if not encoding or (is_wide and b"\\0" not in data) or b"\\x1b" in data:', "if False:",
           f"{TESTS}/services/conversations/test_mail_text.py", "test_any_name_of_a_charset_is_read"),
    Mutant("a mail whose hidden elements do not end", f"{SERVICES}/conversations/mail_text.py",
           'html = _UNSEEN.sub("", ', "html = str(",
           f"{TESTS}/services/conversations/test_mail_text.py", "test_html_without_its_ends_hides_nothing"),
    Mutant("the flag of a mail that is no message", f"{SERVICES}/conversations/mailbox.py",
           "is not a valid message.\")\n        flags = ODD", "is not a valid message.\")",
           f"{TESTS}/services/conversations/test_mailbox.py",
           "test_a_mail_that_cannot_be_read_keeps_none_of_the_others_out"),
    # Improving answers
    Mutant("a reply in the making, which keeps a conversation open", f"{SERVICES}/conversations/idle.py",
           '        ~Exists(Turn.objects.filter(conversation=OuterRef("pk")).open()),\n', "",
           f"{TESTS}/services/conversations/test_idle.py", "test_a_reply_in_the_making_keeps_a_conversation_open"),
    Mutant("what a person took part in", f"{SERVICES}/conversations/state.py",
           "conversation.person_at = timezone.now()", "pass",
           f"{TESTS}/admin/test_results.py", "test_each_figure_leads_to_exactly_the_rows_that_it_counts"),
    Mutant("the last day of a range", "assistant/admin/day_range.py", "midnight(last + timedelta(days=1), zone)",
           "midnight(last, zone)",
           f"{TESTS}/admin/test_results.py", "test_each_figure_leads_to_exactly_the_rows_that_it_counts"),
    Mutant("notice of another's changes to a draft", f"{SERVICES}/organizations/prompt_versions.py",
           "if (draft.edits if draft else 0) == edits:", "if True:",
           f"{TESTS}/services/organizations/test_prompt_versions.py",
           "test_a_draft_that_somebody_else_has_changed_is_left_as_it_is"),
    Mutant("the texts of a draft in a replay", f"{SERVICES}/methods/replays.py",
           "setattr(replay.conversation.assistant, name, text)", "pass",
           f"{TESTS}/test_replay.py", "test_a_replay_with_a_draft_uses_its_texts_as_they_were_and_changes_none"),
)  # fmt: skip

RESULT = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b:? *(.*)$", re.MULTILINE)
BROKEN = re.compile(r" - (?:NameError|UnboundLocalError|SyntaxError|IndentationError|ImportError|ModuleNotFoundError)\b")


class Undecided(Exception):
    """The test did not run as it has to, so that nothing can be concluded from it."""


def results_of(node: str, output: str) -> set[str]:
    """The results in pytest's summary of a test, which may have several examples."""
    return {result for result, about in RESULT.findall(output) if re.match(rf"{re.escape(node)}(?:\[| |$)", about)}


def has_failed(node: str, output: str) -> bool:
    """Whether a test has failed, by what pytest said of it alone; raises `Undecided` unless all its examples ran."""
    others = [
        f"{result} {about}"
        for result, about in RESULT.findall(output)
        if result not in ("PASSED", "FAILED") or BROKEN.search(about)
    ]
    results = results_of(node, output)
    if others or not results:
        raise Undecided("; ".join(others) or output[-2000:])
    return "FAILED" in results


def run(nodes: list[str], tree: Path) -> str:
    command = [sys.executable, "-m", "pytest", "--no-header", "--tb=no", "-rpfEsxX", *nodes]
    wide = environment(COLUMNS="400")  # pytest cuts off the reasons of failures at the end of the line
    done = subprocess.run(command, cwd=tree, env=wide, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def copy_tree(to: Path) -> None:
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, files.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def try_without(mutant: Mutant, tree: Path) -> str:
    """The last two cells of the table: the test that failed and the date, or that there is none."""
    file = tree / mutant.file
    whole = file.read_text()
    file.write_text(whole.replace(mutant.before, mutant.after))
    try:
        noticed = has_failed(mutant.node, run([mutant.node], tree))
    except Undecided as error:
        sys.stderr.write(f"{mutant.name}: {error}\n")
        return "**undecided** | "
    finally:
        file.write_text(whole)
    return f"`{mutant.test}` | {datetime.now(tz=UTC).date()}" if noticed else "**nothing** | "


def main(words: list[str]) -> int:
    chosen = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    rows = {line.split(" | ")[0]: line for line in TABLE.read_text().splitlines() if line.startswith("| ")}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        baseline = run(sorted({one.node for one in chosen}), tree)
        if red := [one.node for one in chosen if results_of(one.node, baseline) != {"PASSED"}]:
            sys.stderr.write(f"{baseline[-4000:]}\nThese do not pass in the unchanged tree:\n" + "\n".join(red) + "\n")
            return 1
        for mutant in chosen:
            row = mutant.row(try_without(mutant, tree))
            rows[f"| {mutant.name}"] = row
            sys.stdout.write(row + "\n")
            sys.stdout.flush()
            TABLE.write_text(HEAD + "".join(rows[key] + "\n" for one in MUTANTS if (key := f"| {one.name}") in rows))
    return 1 if any("**" in row for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
