"""`make mutants`: takes one mechanism after the other out of a copy of the tree, and says whether a test has noticed.

`python -m tests.mutants fence quota` tries those alone whose names contain one of the words. The results are kept in
`docs/mutants.md`; `tests/test_mutants.py` checks that each mechanism is still where it is taken out, and was tried.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, environment

TABLE = ROOT / "docs" / "mutants.md"
HEAD = """# Mechanisms, and the tests that notice their absence

`make mutants` takes each of these out of a copy of the tree, one at a time, and runs the tests that guard it. The table is
what it said last of each.

| Without | in | fails |
|---|---|---|
"""


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    before: str  # stands once in the file
    after: str
    tests: tuple[str, ...]


SERVICES, TESTS = "assistant/services", "tests/assistant"
MUTANTS = (
    # Turns: leases, fences, what widgets are sent
    Mutant("fences on ephemeral events", "assistant/live/fences.py", "if fence < self._newest.get(turn, 0):", "if False:",
           (f"{TESTS}/test_live.py",)),
    Mutant("silence of a runner whose lease has lapsed", "assistant/turns/reply.py", "if not holds_lease(turn):",
           "if False:", (f"{TESTS}/test_turns.py",)),
    Mutant("the fence of a turn's outcome", f"{SERVICES}/conversations/outcomes.py",
           "WHERE id = %s AND fence = %s AND state = 'running' RETURNING", "WHERE id = %s AND %s > 0 RETURNING",
           (f"{TESTS}/services/conversations/test_conversations.py",)),
    Mutant("the fence of a renewed lease", f"{SERVICES}/conversations/leases.py",
           "mine = Turn.objects.filter(pk=turn.pk, fence=turn.fence, state=Turn.State.RUNNING)",
           "mine = Turn.objects.filter(pk=turn.pk)", (f"{TESTS}/test_turns.py",)),
    Mutant("the fence of an e-mail's outcome", f"{SERVICES}/deliveries/outbox.py",
           "filter(pk=delivery.pk, fence=delivery.fence, state=Delivery.State.SENDING)", "filter(pk=delivery.pk)",
           (f"{TESTS}/services/deliveries/test_outbox.py",)),
    Mutant("the judging of a reply's first words", "assistant/engine/claims.py", " or not _claims_nothing(words)", "",
           (f"{TESTS}/engine/test_waiting.py",)),
    Mutant("a pause for a cache that is down", "assistant/live/drafts.py",
           "self._paused_until = time.monotonic() + CACHE_PAUSE_SECONDS", "pass", (f"{TESTS}/test_turns.py",)),
    # Notifications to staff
    Mutant("the removal of a browser that is gone", f"{SERVICES}/notifications/push.py", "if problem.status in GONE:",
           "if False:", (f"{TESTS}/services/notifications/test_push.py",)),
    Mutant("the end of a browser with its session", f"{SERVICES}/notifications/push.py",
           "ids = instance.get_decoded().get(IN_SESSION, [])", "ids = []",
           (f"{TESTS}/services/notifications/test_push.py",)),
    Mutant("a browser of somebody who has left", f"{SERVICES}/notifications/queue.py",
           "if row.subscription is not None and not push.is_theirs(row):", "if False:",
           (f"{TESTS}/services/notifications/test_push.py",)),
    Mutant("the choice of what a page is told of", "assistant/admin/inbox/socket.py",
           "if self.only_notices and not await self._wants(payload or {}, organization_id):", "if False:",
           (f"{TESTS}/admin/test_inbox_socket.py",)),
    Mutant("a mail of the mailbox that nothing can take in", f"{SERVICES}/conversations/mailbox.py",
           "Exception:\n        log.exception(\"A mail of", "NotImplementedError:\n        log.exception(\"A mail of",
           (f"{TESTS}/services/conversations/test_mailbox.py",)),
    Mutant("a mailbox's certificate", f"{SERVICES}/conversations/mailbox.py",
           "context = context or ssl.create_default_context()", "context = context or ssl._create_unverified_context()",
           (f"{TESTS}/services/conversations/test_mailbox.py",)),
    # Voice calls
    Mutant("the end of a call whose minutes are over", f"{SERVICES}/conversations/voice_calls.py",
           "(active.filter(ends_at__lte=now), VoiceCall.Reason.LIMIT),", "(active.none(), VoiceCall.Reason.LIMIT),",
           (f"{TESTS}/test_voice_calls.py",)),
    Mutant("the id of a call before its answer", "assistant/voice.py",
           "await in_db(voice_calls.connected)(call, connected.call)", "pass", (f"{TESTS}/test_voice_calls.py",)),
    Mutant("the hang-up of an erased visitor's call", f"{SERVICES}/privacy/erasure.py",
           "**removed_calls.pending_of(conversations),", "",
           (f"{TESTS}/services/conversations/test_removed_calls.py",)),
    Mutant("the hang-up of a call that is deleted with its organization", "assistant/voice.py",
           "hang_ups.keep(_for_later(provider, instance.provider_call))", "pass",
           (f"{TESTS}/services/conversations/test_removed_calls.py",)),
    Mutant("the hang-up of a call whose row is gone", f"{SERVICES}/conversations/voice_calls.py",
           "if not known:", "if False:", (f"{TESTS}/services/conversations/test_removed_calls.py",)),
    Mutant("a call that retention waits for", f"{SERVICES}/privacy/retention.py",
           "VoiceCall.objects.not_over()", "VoiceCall.objects.none()",
           (f"{TESTS}/services/conversations/test_removed_calls.py",)),
    Mutant("the least that a call is charged", f"{SERVICES}/conversations/voice_calls.py",
           "max(tokens.prompt_tokens, int(lasted * HEARD_TOKENS_PER_SECOND))", "tokens.prompt_tokens",
           (f"{TESTS}/test_voice_calls.py",)),
    Mutant("the correction of a spoken claim", "assistant/voice.py",
           'CORRECTION if await in_db(_correct)(conversation, text) else ""', '""', (f"{TESTS}/test_voice_calls.py",)),
    Mutant("the refusal of a voice model that has ended", "assistant/voice.py", "if one.days < 0]", "if False]",
           (f"{TESTS}/test_voice_calls.py",)),
    # Visitors who log in
    Mutant("the key's algorithm, not the token's", f"{SERVICES}/organizations/identity.py",
           "[key for key in enabled if key.algorithm == header[\"alg\"]]", "enabled",
           (f"{TESTS}/services/organizations/test_identity.py",)),
    Mutant("the audience of a token", f"{SERVICES}/organizations/identity.py", '["aud", "sub", "exp"]},',
           '["aud", "sub", "exp"], "verify_aud": False},', (f"{TESTS}/services/organizations/test_identity.py",)),
    Mutant("another session token after the login", f"{SERVICES}/conversations/sessions.py",
           "if conversation.visitor.external_id and until is None:", "if False:",
           (f"{TESTS}/services/conversations/test_identification.py",)),
    Mutant("what is signed, kept from what is said", f"{SERVICES}/conversations/sessions.py",
           'if not verified and kept.get(name, {}).get("verified"):', "if False:",
           (f"{TESTS}/services/conversations/test_identification.py",)),
    Mutant("a proof that goes with the address it is of", f"{SERVICES}/conversations/sessions.py",
           "**_unless_signed(changes), ", "", (f"{TESTS}/services/conversations/test_identification.py",)),
    # The ledger
    Mutant("closing a turn's calls with the turn", f"{SERVICES}/conversations/outcomes.py", "ledger.close_with(turn)",
           "pass", (f"{TESTS}/services/methods/test_ledger.py",)),
    Mutant("the fence of a call that begins", f"{SERVICES}/methods/ledger.py",
           "if not (written[0][0] if written else _holds(place.turn)):", "if False:",
           (f"{TESTS}/services/methods/test_ledger.py",)),
    Mutant("closing orphaned calls that were sent", f"{SERVICES}/methods/ledger.py",
           "ToolCall.objects.filter(pk__in=sent, state=State.SENT)", "ToolCall.objects.none()",
           (f"{TESTS}/services/methods/test_ledger.py",)),
    Mutant("closing orphaned calls that had not begun", f"{SERVICES}/methods/ledger.py",
           "state__in=[State.PENDING, State.WAITING]).update(", "state__in=[]).update(",
           (f"{TESTS}/services/methods/test_ledger.py",)),
    # Staff
    Mutant("the last owner's stay", f"{SERVICES}/organizations/members.py", "if is_last_owner(membership):", "if False:",
           (f"{TESTS}/services/organizations/test_members.py",)),
    Mutant("the signature of an invitation", f"{SERVICES}/organizations/members.py",
           "if not constant_time_compare(signature, _signature(key, count)):", "if False:",
           (f"{TESTS}/services/organizations/test_members.py",)),
    Mutant("the end of a removed member's sessions", f"{SERVICES}/organizations/members.py",
           "end_sessions(held.user)", "pass", (f"{TESTS}/services/organizations/test_members.py",)),
    Mutant("the end of an old password's sessions", f"{SERVICES}/passwords.py",
           "members.end_sessions(user)", "pass", (f"{TESTS}/admin/test_accounts.py",)),
    Mutant("the demand for a second factor", "assistant/admin/accounts/guard.py",
           "if request.path_info.startswith(free) or not members.lacks_two_factor(user):", "if True:",
           (f"{TESTS}/admin/test_accounts.py",)),
    Mutant("masked values in the audit log", f"{SERVICES}/audit.py",
           "if about_visitor or name in PERSONAL or SECRET.search(name):", "if False:", (f"{TESTS}/admin/test_audit.py",)),
    Mutant("looks in the audit log", "assistant/admin/audit_trail.py", "audit.record_look(row)", "pass",
           (f"{TESTS}/admin/test_audit.py",)),
    # Quotas and limits
    Mutant("a method's quota per network", f"{SERVICES}/methods/policy.py", 'return "network_quota"', "pass",
           ("tests/attacks/test_quotas.py",)),
    Mutant("a day's tokens per network", f"{SERVICES}/providers/budgets.py",
           'limits.append(_Limit("network", conversation.network, day, budget.network_day_tokens))', "pass",
           (f"{TESTS}/services/providers/test_budgets.py",)),
    Mutant("a day's tokens per visitor", f"{SERVICES}/providers/budgets.py",
           'limits.append(_Limit("visitor", str(conversation.visitor_id), day, budget.visitor_day_tokens))', "pass",
           (f"{TESTS}/services/providers/test_budgets.py",)),
    Mutant("rate limits per network", f"{SERVICES}/organizations/rate_limits.py", '("network", network, limit.network)',
           '("network", "", limit.network)', ("tests/attacks/test_limits.py",)),
    Mutant("rate limits per visitor", f"{SERVICES}/organizations/rate_limits.py", '("visitor", visitor, limit.visitor)',
           '("visitor", "", limit.visitor)', ("tests/attacks/test_limits.py",)),
    Mutant("charging what a resumed session brought back", f"{SERVICES}/organizations/rate_limits.py",
           "cost=1 + size // CHARGED_BYTES", "cost=0", ("tests/attacks/test_limits.py",)),
    # Where requests go
    Mutant("refusing requests to ourselves", "assistant/outbound/__init__.py", "own_origin.check(url)", "pass",
           ("tests/attacks/test_own_address.py",)),
    Mutant("refusing private addresses without DNS", "assistant/outbound/__init__.py", "guard.check_public(url)", "pass",
           (f"{TESTS}/test_outbound.py",)),
    Mutant("checking every answer of the resolver", "assistant/outbound/guard.py",
           "if any(why_refused(address) for _, address in answers):", "if False:", (f"{TESTS}/test_outbound.py",)),
    Mutant("checking the address that is connected to", "assistant/outbound/guard.py", "if why_refused(target):",
           "if False:", (f"{TESTS}/test_outbound.py",)),
    # Model servers
    Mutant("lessons of a refusal", "assistant/providers/router/router.py", "known.update(new.items())\n        return new",
           "return {}", (f"{TESTS}/providers/test_lessons.py",)),
    Mutant("no failover after the first visible word", "assistant/providers/router/router.py", "self._shown = True", "pass",
           (f"{TESTS}/providers/test_attempts.py",)),
    Mutant("giving back the probe of a stopped turn", "assistant/providers/router/router.py",
           "if asked.place in plan.half_open and not text:", "if False:", (f"{TESTS}/providers/test_router.py",)),
    # Knowledge and appointments
    Mutant("no booking for a call that was given up", f"{SERVICES}/booking/placing.py", "ledger.act_for(call)", "pass",
           (f"{TESTS}/services/booking/test_given_up.py",)),
    Mutant("no hold of a call that has ended", "assistant/models/booking/appointments.py", " & ~_of_ended_call()", "",
           (f"{TESTS}/services/booking/test_given_up.py",)),
    Mutant("done, where a call took effect before it was given up", f"{SERVICES}/methods/ledger.py",
           "without = state in (State.FAILED, State.UNKNOWN)", "without = False",
           (f"{TESTS}/services/booking/test_given_up.py",)),
    Mutant("a bound on the wait for a calendar", f"{SERVICES}/booking/placing.py", "with patience.atomic(seconds):",
           "with patience.atomic(None):", ("tests/faults/test_booking_races.py",)),
    Mutant("the lock on a calendar", f"{SERVICES}/booking/placing.py",
           "Calendar.objects.select_for_update(no_key=True).filter(", "Calendar.objects.filter(",
           ("tests/faults/test_booking_races.py",)),
    Mutant("the fence of passages' vectors", f"{SERVICES}/knowledge/vectors.py",
           "select_for_update().filter(pk=embedding.pk, fence=embedding.fence)",
           "select_for_update().filter(pk=embedding.pk)", (f"{TESTS}/services/knowledge/test_vector_runs.py",)),
    Mutant("the bound of vectors in memory", f"{SERVICES}/knowledge/vectors.py", "if size > self.max_bytes and",
           "if False and", (f"{TESTS}/services/knowledge/test_vectors.py",)),
    # What visitors have to agree to, and what they send
    Mutant("consent before the first message", f"{SERVICES}/conversations/notices.py", "if is_due(conversation):",
           "if False:", ("tests/widget/test_consent.py",)),
    Mutant("the room for an organization's files", f"{SERVICES}/files/uploads.py",
           "if total + size > settings.FILES_ORGANIZATION_MB * MEGABYTE:", "if False:",
           (f"{TESTS}/services/files/test_uploads.py",)),
    Mutant("refusal of files that could not be scanned", f"{SERVICES}/files/scanning.py",
           'if said != b"stream: OK":', "if False:", (f"{TESTS}/services/files/test_scanning.py",)),
    Mutant("the most files of a download", f"{SERVICES}/privacy/export.py", 'if taken + file.size > most else ""',
           'if False else ""', (f"{TESTS}/services/files/test_uploads.py",)),
    Mutant("one download at a time", f"{SERVICES}/privacy/own_data.py", "if not making.acquire(blocking=False):",
           "if False:", (f"{TESTS}/services/privacy/test_own_data.py",)),
    Mutant("how far the team has read, which never goes back", f"{SERVICES}/conversations/inbox.py",
           "filter(pk=row.pk, seq__lt=read).update(seq=read)", "filter(pk=row.pk).update(seq=read)",
           (f"{TESTS}/services/conversations/test_inbox.py",)),
    Mutant("mail beyond the limit, which is to come again", "widget/inbound_mail.py",
           "return _later(error)\n    except ValueError:", "return _said(\"limited\", 200)\n    except ValueError:",
           (f"{TESTS}/services/conversations/test_email_replies.py",)),
    # Improving answers
    Mutant("a reply in the making, which keeps a conversation open", f"{SERVICES}/conversations/idle.py",
           '        ~Exists(Turn.objects.filter(conversation=OuterRef("pk")).open()),\n', "",
           (f"{TESTS}/services/conversations/test_idle.py",)),
    Mutant("what a person took part in", f"{SERVICES}/conversations/state.py",
           "conversation.person_at = timezone.now()", "pass", (f"{TESTS}/admin/test_results.py",)),
    Mutant("the last day of a range", "assistant/admin/day_range.py", "midnight(last + timedelta(days=1), zone)",
           "midnight(last, zone)", (f"{TESTS}/admin/test_results.py",)),
    Mutant("notice of another's changes to a draft", f"{SERVICES}/organizations/prompt_versions.py",
           "if (draft.edits if draft else 0) == edits:", "if True:",
           (f"{TESTS}/services/organizations/test_prompt_versions.py",)),
    Mutant("the texts of a draft in a replay", f"{SERVICES}/methods/replays.py",
           "setattr(replay.conversation.assistant, name, text)", "pass", (f"{TESTS}/test_replay.py",)),
)  # fmt: skip


def copied(to: Path) -> None:
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, files.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def noticed(mutant: Mutant, tree: Path) -> str:
    """The test that fails without it; "" when none does."""
    file = tree / mutant.file
    whole = file.read_text()
    file.write_text(whole.replace(mutant.before, mutant.after))
    try:
        command = [sys.executable, "-m", "pytest", "--no-header", "-x", *mutant.tests]
        done = subprocess.run(command, cwd=tree, env=environment(), capture_output=True, text=True)
    finally:
        file.write_text(whole)
    failed = re.search(r"^(?:FAILED|ERROR) \S+?::(\w+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 and failed is None:
        raise SystemExit(f"Without {mutant.name} the tests do not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[1] if failed else ""


def main(words: list[str]) -> int:
    chosen = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    rows = {line.split(" | ")[0]: line for line in TABLE.read_text().splitlines() if line.startswith("| ")}
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        for mutant in chosen:
            test = noticed(mutant, Path(folder))
            row = f"| {mutant.name} | `{mutant.file}` | {f'`{test}`' if test else '**nothing**'} |"
            rows[f"| {mutant.name}"] = row
            sys.stdout.write(row + "\n")
            sys.stdout.flush()
            TABLE.write_text(HEAD + "".join(rows[key] + "\n" for one in MUTANTS if (key := f"| {one.name}") in rows))
    return 1 if any("**nothing**" in row for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
