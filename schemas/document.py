"""Documents that partners issue: certificates and the like, handed on by digest."""

from typing import Annotated

from msgspec import Meta

from schemas.struct import Canonical, Instant


class Document(Canonical):
    """A file as a partner issued it.

    In an answer, the hub keeps the bytes (sealed, for a while) and puts a link in their place.
    """

    content: bytes
    media_type: str
    file_name: str


class DocumentLink(Canonical):
    """Where a document can be fetched, until when, and what its bytes must hash to."""

    document_id: str
    href: str
    media_type: str
    file_name: str
    size: Annotated[int, Meta(description="Bytes")]
    sha256: Annotated[str, Meta(description="Lower-case hex")]
    expires_at: Instant
