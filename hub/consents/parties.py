"""Who a call or an order is about, sealed beside it: an enquiry may come long after the consent has ended."""

import msgspec

from hub.store import TenantSealer
from schemas.person import Authority, Person


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """The customer of a consent, and who acts for them by which right; nobody where they act themselves."""

    consent_id: str
    subject: Person
    actor: Person | None = None
    authority: Authority | None = None

    def is_about(self, person: Person) -> bool:
        """Whether this is their customer: numbers tell people apart, names are written in many ways."""
        return (self.subject.id_type, self.subject.id_number) == (person.id_type, person.id_number)

    @property
    def facts(self) -> dict[str, str]:
        """What an audit record may say of them."""
        acting = {"acting": self.authority.relation} if self.authority else {}
        return {"consent_id": self.consent_id, **acting}


_decoder = msgspec.json.Decoder(Parties)


def consent_of(parties: Parties | None) -> str | None:
    """The consent that something rests on; None where it concerns nobody."""
    return parties.consent_id if parties else None


def seal_parties(sealer: TenantSealer, parties: Parties | None, context: str) -> bytes | None:
    return sealer.seal(msgspec.json.encode(parties), context=context) if parties else None


def open_parties(sealer: TenantSealer, sealed: bytes | None, context: str) -> Parties | None:
    return _decoder.decode(sealer.unseal(sealed, context=context)) if sealed else None
