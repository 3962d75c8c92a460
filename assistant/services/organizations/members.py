"""Members of organizations: invited, given a role, and removed.

Everything that could leave an organization without an owner is decided under the lock on its row.
"""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from assistant import signatures
from assistant.errors import InputError, NotFound
from assistant.models import Delivery, Invitation, Membership, Organization
from assistant.models.organizations.invitation import expiry
from assistant.services import audit, logins
from assistant.services.conversations import unheld
from assistant.services.deliveries import outbox, staff_emails
from assistant.services.organizations import rate_limits
from assistant.services.organizations.roles import Act, Role, may

SALT, SIGNED_CHARS = "interworky.invitation", 40
KEY = "invitation:"  # how the outbox' keys of invitations begin
LAST_OWNER = "An organization needs at least one owner. Make another member an owner first."


class LastOwner(InputError):
    """The organization would be left without an owner."""


class InvitationEnded(NotFound):
    """A link of ours that is good for nothing any more. Its text says why, and what to do, to the one who was invited."""


ENDED = {
    Invitation.State.ACCEPTED: "The link has been used already, and works only once. If that was you, log in.",
    Invitation.State.WITHDRAWN: "The invitation was withdrawn. Ask the colleague who invited you whether that was intended.",
    Invitation.State.EXPIRED: "The link is older than seven days. Ask the colleague who invited you to send it again.",
}
REPLACED = "The invitation has been sent again since then. Use the link in the latest e-mail."


# --- Invitations ------------------------------------------------------------------------------------------------------


def invite(organization: Organization, email: str, role: str, by: User | None) -> Invitation:
    """Invite the address, or again with this role where an invitation is open. Raises `ToolError` for an address that cannot
    be written to, `InputError` for a member's, and `TooMuch`."""
    address = outbox.plain_address(email.strip()).lower()
    same = Q(user__email__iexact=address) | Q(user__username__iexact=address)
    if Membership.objects.filter(same, organization=organization).exists():
        raise InputError(f"{address} is a member already.")
    rate_limits.hit("invitation", visitor=str(organization.pk))
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        found = Invitation.objects.open().filter(organization=organization, email__iexact=address).first()
        if found is None:
            found = Invitation(organization=organization, email=address, role=role, by=by)
        else:
            found.role, found.by, found.number, found.expires_at = role, by, found.number + 1, expiry()
        found.save()
        _send(found)
    return found


def resend(invitation: Invitation) -> None:
    """Send a new link; earlier ones end. Raises `InputError` where the invitation was used or withdrawn, and `TooMuch`."""
    rate_limits.hit("invitation", visitor=str(invitation.organization_id))
    with transaction.atomic():
        again = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
        if not again.update(number=F("number") + 1, expires_at=expiry()):
            raise InputError("This invitation was accepted or withdrawn. Invite them again.")
        invitation.refresh_from_db()
        _send(invitation)


def withdraw(invitations: QuerySet[Invitation]) -> int:
    """End the links of these invitations. Returns how many had not been used."""
    with transaction.atomic():
        keys = [f"{KEY}{row.pk}:{row.number}" for row in invitations.filter(accepted_at=None)]
        outbox.withdraw(Delivery.objects.filter(key__in=keys))
        return invitations.filter(accepted_at=None, withdrawn_at=None).update(withdrawn_at=timezone.now())


def _send(invitation: Invitation) -> None:
    organization = invitation.organization
    who = (invitation.by.get_full_name() or invitation.by.email or invitation.by.username) if invitation.by else "The team"
    email = staff_emails.StaffEmail(
        subject=f"Join {organization.name} on Interworky",
        text=f"{who} invites you to join {organization.name} as {invitation.get_role_display().lower()}.\n\n"
        "The link leads to a page on which you choose your password. If you have an account, log in there to join.",
        button="Accept the invitation",
        small="The link can be used once, within seven days. If you do not know what this is about, ignore this e-mail.",
    )
    staff_emails.queue(
        email, to=invitation.email, key=f"{KEY}{invitation.pk}:{invitation.number}", organization=organization
    )


def link_of(rest: str) -> str:
    """The link of a delivery, by what follows `KEY` in its key."""
    id, _, number = rest.partition(":")
    return settings.PUBLIC_URL + reverse("invitation", args=[token_of(UUID(id), int(number))])


def token_of(id: UUID, number: int) -> str:
    return f"{id.hex}-{number}-{signatures.sign(SALT, f'{id.hex} {number}', SIGNED_CHARS)}"


def for_token(token: str) -> Invitation:
    """The invitation of a link. Raises `NotFound` for a forged one, and `InvitationEnded` for one of ours that was used,
    withdrawn, replaced or is too old."""
    try:
        id, number, signature = token.split("-")
        key, count = UUID(id), int(number)
    except ValueError as error:
        raise NotFound("No such invitation.") from error
    if not signatures.is_signed(SALT, f"{key.hex} {count}", signature, SIGNED_CHARS):
        raise NotFound("No such invitation.")
    rows = Invitation.objects.select_related("organization", "by").filter(organization__active=True)
    invitation = rows.filter(pk=key, number__gte=count).first()
    if invitation is None:
        raise NotFound("No such invitation.")
    if invitation.state != Invitation.State.OPEN:
        raise InvitationEnded(ENDED[invitation.state])
    if invitation.number != count:
        raise InvitationEnded(REPLACED)
    return invitation


def account_of(invitation: Invitation) -> User | None:
    """The account that the invited address has already."""
    return (
        User.objects.filter(email__iexact=invitation.email).first()
        or User.objects.filter(username__iexact=invitation.email).first()
    )


def join(invitation: Invitation, user: User) -> Membership:
    """Use the invitation for `user`. A member's role stays as it is. Raises `NotFound` when somebody else was faster."""
    audit.act_as(user)
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=invitation.organization_id)
        unused = Invitation.objects.open().filter(pk=invitation.pk, number=invitation.number)
        if not unused.update(accepted_at=timezone.now(), accepted_by=user):
            raise InvitationEnded(ENDED[Invitation.State.ACCEPTED])
        membership, _ = Membership.objects.get_or_create(
            organization=invitation.organization, user=user, defaults={"role": invitation.role}
        )
        admit(User.objects.filter(pk=user.pk))
    return membership


def sign_up(invitation: Invitation, first_name: str, last_name: str, password: str) -> User:
    """A new account for the invited address, as a member. Raises `NotFound`, and `ValidationError` where the address has got
    an account meanwhile."""
    user = User(username=invitation.email.lower(), email=invitation.email, first_name=first_name, last_name=last_name)
    user.set_password(password)
    with transaction.atomic():
        if account_of(invitation):
            raise ValidationError("This address has an account. Log in to join.")
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError as error:
            raise ValidationError("This address has an account. Log in to join.") from error
        join(invitation, user)
    return user


def admit(users: QuerySet[User]) -> None:
    """Make members staff: without that, the login page refuses them."""
    users.filter(is_staff=False).update(is_staff=True)


# --- Roles and removal ------------------------------------------------------------------------------------------------


def change_role(membership: Membership, role: str) -> None:
    """Raises `LastOwner`. Invitations that a former owner has sent end with their right to send them."""
    with transaction.atomic():
        held = _locked(membership)
        if held.role == Role.OWNER and role != Role.OWNER:
            _keep_an_owner(held)
            withdraw(Invitation.objects.open().filter(organization=held.organization_id, by=held.user_id))
        held.role = membership.role = role
        held.save(update_fields=["role"])
        if not may(role, Act.ANSWER):
            unheld.release(held.organization, held.user)


def remove(membership: Membership) -> None:
    """Remove a member and end their sessions. Raises `LastOwner`. Their account stays, for other organizations and another
    invitation; without a membership it opens nothing."""
    with transaction.atomic():
        held = _locked(membership)
        if held.role == Role.OWNER:
            _keep_an_owner(held)
        withdraw(Invitation.objects.open().filter(organization=held.organization_id, by=held.user_id))
        held.delete()
        unheld.release(held.organization, held.user)
        end_sessions(held.user)


def is_last_owner(membership: Membership) -> bool:
    owners = Membership.objects.filter(organization=membership.organization_id, role=Role.OWNER, user__is_active=True)
    return membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists()


def _locked(membership: Membership) -> Membership:
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    found = Membership.objects.select_related("user").filter(pk=membership.pk).first()
    if found is None:
        raise NotFound("This member has been removed in the meantime.")
    return found


def _keep_an_owner(membership: Membership) -> None:
    if is_last_owner(membership):
        raise LastOwner(LAST_OWNER)


# --- Two-factor authentication ---------------------------------------------------------------------------------------


def must_have_two_factor(user: User) -> bool:
    """Whether an organization of theirs requires it."""
    return Membership.objects.filter(user=user, organization__require_two_factor=True).exists()


def lacks_two_factor(user: User) -> bool:
    """Whether the user has to set it up before anything else."""
    return must_have_two_factor(user) and not logins.has_two_factor(user)


# --- Sessions ---------------------------------------------------------------------------------------------------------


def end_sessions(user: User, *, but: str = "") -> int:
    """Log the user out everywhere, except for the session with the key `but`. Returns how many sessions ended."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    ended = 0
    # Only staff have sessions, so these are few; a session does not name its user in a column.
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.session_key != but and session.get_decoded().get(SESSION_KEY) == str(user.pk):
            store.delete(session.session_key)
            ended += 1
    return ended
